using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Randomness;
using ActorTrainer.Core.Training;
using static ActorTrainer.Core.Experiments.ExperimentEvents;

namespace ActorTrainer.Core.Tests.Simulation;

/// <summary>What training is, in one number a step: the hash of the state before and of the step's samples.</summary>
internal static class Chain
{
    public static ulong Next(ulong hash, long step) => RandomStream.Mix(hash ^ RandomStream.Mix((ulong)step));

    /// <summary>After so many steps, undisturbed.</summary>
    public static ulong At(long step)
    {
        ulong hash = 0;
        for (long i = 1; i <= step; i++) hash = Next(hash, i);
        return hash;
    }

    public static string Text(ulong hash) => hash.ToString("x16", System.Globalization.CultureInfo.InvariantCulture);

    public static ulong Read(string text) => ulong.Parse(text, System.Globalization.NumberStyles.HexNumber, System.Globalization.CultureInfo.InvariantCulture);

    public static TrainingCursor Cursor(long step, long steps) => step < steps ? new(0, step, new(step), 0) : new(1, 0, new(step), 1);
}

/// <summary>
/// The journal: append-only, where the next sequence number is free or not. Every event is held against what must hold, whoever wrote it.
/// </summary>
internal sealed class SimulatedJournal(World world, SimulatedStore store, SimulatedCluster cluster, long steps)
{
    private readonly List<(string Writer, IExperimentEvent Happened)> _events = [];
    private string? _owner;
    private long _committed;

    public IEnumerable<IExperimentEvent> Events => _events.Select(entry => entry.Happened);
    public long Length => _events.Count;
    public Experiment? State { get; private set; }

    /// <summary>How many reasons there are that it does not answer.</summary>
    public int Away { get; set; }

    public bool IsAway => Away > 0;

    /// <summary>False where another has written since.</summary>
    public bool TryAppend(string writer, long after, IReadOnlyList<IExperimentEvent> events)
    {
        if (IsAway) return false;
        if (after != _events.Count && world.Bug != PlantedBug.JournalWithoutCompareAndSet) return false;
        foreach (var happened in events)
        {
            if (world.IsTraced) world.Note($"journal #{_events.Count + 1} by {writer}: {happened}");
            Check(writer, happened);
            _events.Add((writer, happened));
            State = Experiment.Apply(State, happened);
        }

        if (State?.Newest is { } newest && store.HashOf(newest.Id) is null) throw new ViolationException($"{newest.Id} is the newest that counts, and is not there");

        return true;
    }

    private void Check(string writer, IExperimentEvent happened)
    {
        if (happened is CoordinatorTook took) _owner = took.Incarnation;
        else if (happened is not ExperimentCreated && writer != _owner) throw new ViolationException($"{writer} wrote to the journal, which is {_owner}'s");
        if (State is { Status: ExperimentStatus.Cancelled }) throw new ViolationException("it goes on after it was given up");
        switch (happened)
        {
            case ExperimentPaused or ExperimentCancelled: cluster.HasStopped(); break;
            case GenerationStarted started:
                if (started.From.Step.Value < _committed) throw new ViolationException($"generation {started.Generation} begins at {started.From.Step}, though {_committed} is committed");
                if (started.Source is not null && started.From.Step.Value == steps) throw new ViolationException($"generation {started.Generation} begins where nothing is left to train");
                if (started.StateHash is { } hash && hash != Chain.Text(Chain.At(started.From.Step.Value)))
                    throw new ViolationException($"generation {started.Generation} goes on from a state that is not that of step {started.From.Step}");
                break;
            case CheckpointCommitted committed:
                if (committed.Checkpoint.Generation != State!.Generation) throw new ViolationException($"{committed.Checkpoint} is committed in generation {State.Generation}");
                if (_committed >= committed.Checkpoint.Step.Value) throw new ViolationException($"{committed.Checkpoint} is committed after step {_committed}");
                _committed = committed.Checkpoint.Step.Value;
                if (store.HashOf(committed.Checkpoint) is not { } stored) throw new ViolationException($"{committed.Checkpoint} is committed and not there");
                if (stored != Chain.At(committed.Checkpoint.Step.Value)) throw new ViolationException($"{committed.Checkpoint} does not hold the state of its step");
                break;
            case CheckpointLost lost: throw new ViolationException($"{lost.Checkpoint} was committed and is lost: {lost.Problem}");
            case TrainingFinished finished when finished.Step.Value != steps: throw new ViolationException($"training ended at step {finished.Step}");
            case ExperimentCompleted completed when completed.Digest != Chain.Text(Chain.At(steps)): throw new ViolationException("the result is not that of an undisturbed run");
            case ExperimentCompleted: cluster.HasStopped(); break;
            case ExperimentFailed failed: throw new ViolationException($"the experiment failed: {failed.Reason}");
        }
    }
}
