using System.Collections.Immutable;
using ActorTrainer.Core.Checkpoints;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Models;

namespace ActorTrainer.Core.Tests.Simulation;

/// <summary>
/// Checkpoints, of which only the step and the hash of the state matter. A write has two points at which a process can die: with its files begun, and
/// with its name given and nobody told.
/// </summary>
internal sealed class SimulatedStore(World world, long steps) : ICheckpointStore
{
    private static readonly ModelDescription Model = new("lenet5", null, ["a", "b"], 1, 28, null, new([0], [1]), [], default);
    private readonly SortedDictionary<CheckpointId, (ulong Hash, bool IsWhole)> _complete = [];
    private readonly HashSet<CheckpointId> _begun = [];
    private readonly HashSet<CheckpointId> _everCommitted = [];

    /// <summary>What the journal counts, for the checks.</summary>
    public Func<Experiment?> Journal { get; set; } = () => null;

    public ulong? HashOf(CheckpointId id) => _complete.TryGetValue(id, out var found) && found.IsWhole ? found.Hash : null;

    public void BeginWrite(CheckpointId id, ulong hash)
    {
        if (world.Bug == PlantedBug.RenamedBeforeItIsWhole) _complete[id] = (hash, false);
        else _begun.Add(id);
    }

    /// <summary>Null where somebody swept the files away.</summary>
    public StoredCheckpoint? FinishWrite(CheckpointId id, ulong hash)
    {
        if (!_begun.Remove(id) && world.Bug != PlantedBug.RenamedBeforeItIsWhole) return null;
        _complete[id] = (hash, true);
        return Stored(id, hash);
    }

    public ImmutableArray<CheckpointId> List() => [.. _complete.Keys];

    public StoredCheckpoint? Verify(CheckpointId id, out string? problem)
    {
        problem = HashOf(id) is null ? "it is not whole" : null;
        // The planted bug's store has no checksum to tell by.
        if (world.Bug == PlantedBug.RenamedBeforeItIsWhole && _complete.TryGetValue(id, out var there)) return Stored(id, there.Hash);
        return HashOf(id) is { } hash ? Stored(id, hash) : null;
    }

    public CheckpointManifest Describe(CheckpointId id) => throw new NotSupportedException();

    public Stream OpenWeights(CheckpointId id) => throw new NotSupportedException();

    public CheckpointContent Read(CheckpointId id) => HashOf(id) is not null || world.Bug == PlantedBug.RenamedBeforeItIsWhole
        ? new(id, new(Chain.Cursor(id.Step.Value, steps), [], []), Model, "")
        : throw new CheckpointDamagedException(id, "it is not there");

    public void Delete(CheckpointId id)
    {
        if (Journal() is { } state)
        {
            foreach (var committed in state.Checkpoints) _everCommitted.Add(committed.Id);
            if (state.Checkpoints.Any(committed => committed.Id == id)) throw new ViolationException($"{id} is deleted and counts");
            if (_complete.ContainsKey(id) && id.Generation == state.Generation && !_everCommitted.Contains(id) && (state.Newest is not { } newest || newest.Id.Step < id.Step))
                throw new ViolationException($"{id} is deleted before its own generation could commit it");
        }

        _complete.Remove(id);
    }

    public void Sweep(Generation before)
    {
        if (Journal() is { IsTrained: false } state && _begun.Any(id => id.Generation < before && id.Generation >= state.Generation))
            throw new ViolationException($"what generation {state.Generation} is writing is swept away");
        _begun.RemoveWhere(id => id.Generation < before);
    }

    public StoredCheckpoint Write(CheckpointContent content, CancellationToken cancel) => throw new NotSupportedException();

    private static StoredCheckpoint Stored(CheckpointId id, ulong hash) => new(id, Chain.Text(hash), 1);
}
