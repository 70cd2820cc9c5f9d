using ActorTrainer.Core.Experiments;

namespace ActorTrainer.Core.Training;

/// <summary>What is to be done about a checkpoint that is due.</summary>
internal enum CheckpointTurn
{
    /// <summary>It is written already, or by another.</summary>
    Nothing,
    /// <summary>Now.</summary>
    Write,
    /// <summary>Training waits: the write before is still under way, and no due checkpoint is skipped.</summary>
    Wait,
}

/// <summary>
/// Whose turn it is to write at a trainer: shard 0's owner writes for all, one checkpoint at a time, and none twice.
/// <code>
///   idle --due--> writing --written | failed--> idle
///                    '--due--> writing, one waits --written | failed--> (asked again) writing
/// </code>
/// A write outlives the generation that began it; what was written counts for its own alone.
/// </summary>
internal sealed class CheckpointTurns
{
    private CheckpointId? _writing, _written;
    private bool _writes, _held;

    public bool IsWriting => _writing is not null;

    /// <summary>The one that training waits for; null: none.</summary>
    public StepDue? Waiting { get; private set; }

    /// <summary>A generation begins.</summary>
    /// <param name="writes">This trainer owns shard 0.</param>
    /// <param name="source">The checkpoint that it begins with; null: none.</param>
    public void Begin(bool writes, CheckpointId? source) => (_writes, _written, Waiting, _held) = (writes, source, null, false);

    /// <summary>Write none that is only for going on from, or do so again.</summary>
    public void Hold(bool held) => _held = held;

    /// <summary>Whether what is due after a step is to be written.</summary>
    public bool Wants(StepDue due) => due.Checkpoint && !(_held && due.IsSpare);

    public CheckpointTurn Ask(CheckpointId here, StepDue due)
    {
        Waiting = null;
        if (!_writes || _written?.Step == here.Step || _writing == here) return CheckpointTurn.Nothing;
        if (_writing is null) return CheckpointTurn.Write;
        Waiting = due;
        return CheckpointTurn.Wait;
    }

    /// <summary>Its state is captured and on its way; before, nobody waits for it.</summary>
    public void Begun(CheckpointId here) => _writing = here;

    /// <param name="written">Durable now.</param>
    /// <param name="generation">The one that trains.</param>
    public void Written(CheckpointId written, Generation generation)
    {
        _writing = null;
        if (written.Generation == generation) _written = written;
    }

    public void Failed() => _writing = null;
}
