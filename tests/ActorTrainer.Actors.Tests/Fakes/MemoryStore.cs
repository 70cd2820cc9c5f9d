using System.Collections.Concurrent;
using System.Collections.Immutable;
using ActorTrainer.Core.Checkpoints;
using ActorTrainer.Core.Evaluation;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Actors.Tests.Fakes;

/// <summary>Checkpoints in memory, which survive the actor system of a test as a disk would.</summary>
internal sealed class MemoryStore : ICheckpointStore
{
    private readonly ConcurrentDictionary<CheckpointId, CheckpointContent> _contents = new();
    private readonly ConcurrentDictionary<CheckpointId, bool> _damaged = new();

    /// <summary>Throws before anything is stored.</summary>
    public Func<CheckpointId, Exception?> Fail { get; set; } = _ => null;

    /// <summary>Writes wait for it.</summary>
    public ManualResetEventSlim Gate { get; } = new(true);

    public void Damage(CheckpointId id) => _damaged[id] = true;

    public StoredCheckpoint Write(CheckpointContent content, CancellationToken cancel)
    {
        Gate.Wait(cancel);
        if (Fail(content.Id) is { } e) throw e;
        _contents[content.Id] = content;
        return Stored(content.Id);
    }

    public ImmutableArray<CheckpointId> List() => [.. _contents.Keys.Order()];

    public StoredCheckpoint? Verify(CheckpointId id, out string? problem)
    {
        problem = _damaged.ContainsKey(id) ? "weights.safetensors is not what was written" : _contents.ContainsKey(id) ? null : "is missing";
        return problem is null ? Stored(id) : null;
    }

    public CheckpointContent Read(CheckpointId id) =>
        Verify(id, out string? problem) is null ? throw new CheckpointDamagedException(id, problem!) : _contents[id];

    public CheckpointManifest Describe(CheckpointId id) => throw new NotSupportedException("Only contents are in memory.");

    public Stream OpenWeights(CheckpointId id) => throw new NotSupportedException("Only contents are in memory.");

    public void Delete(CheckpointId id) => _contents.TryRemove(id, out _);

    public void Sweep(Generation before)
    {
    }

    private static StoredCheckpoint Stored(CheckpointId id) => new(id, $"sha-{id}", 8);
}

/// <summary>Step files in memory.</summary>
internal sealed class MemorySteps : IStepLog
{
    private readonly List<StepRecord> _records = [];

    public ImmutableArray<long> Steps
    {
        get
        {
            lock (_records) return [.. _records.Select(r => r.Step.Value)];
        }
    }

    public void Append(in StepRecord record)
    {
        lock (_records) _records.Add(record);
    }

    public void Flush(bool durable)
    {
    }

    public StepNumber CutBackTo(StepNumber step)
    {
        lock (_records)
        {
            _records.RemoveAll(r => r.Step > step);
            return _records.Count == 0 ? StepNumber.Zero : _records[^1].Step;
        }
    }

    public void Dispose()
    {
    }
}

internal sealed class MemoryEvaluations : IEvaluationLog
{
    public List<EvaluationRow> Rows { get; } = [];

    public void Append(in EvaluationRow record) => Rows.Add(record);

    public void Flush(bool durable)
    {
    }

    public StepNumber CutBackTo(StepNumber step)
    {
        Rows.RemoveAll(r => r.Step > step);
        return Rows.Count == 0 ? StepNumber.Zero : Rows[^1].Step;
    }

    public void Dispose()
    {
    }
}
