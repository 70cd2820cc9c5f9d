using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Actors.Training;

/// <summary>
/// What a trainer writes down of its steps through a generation: its ledger, where one is kept, and of shard 0's owner the step file. Lives as long as its
/// trainer; opened for a generation, closed after it.
/// </summary>
internal sealed class StepFiles(Func<IStepLog> openSteps, Func<ILedgerLog>? openLedger) : IDisposable
{
    private const int RecentSteps = 2048;

    /// <summary>
    /// The last lines of the step file, whoever writes it. One who is killed takes the lines of its last moments with it; where training goes on from the
    /// others' memory, whoever writes next has them.
    /// </summary>
    private readonly Queue<StepRecord> _recent = new();
    private IStepLog? _steps;
    private ILedgerLog? _ledger;

    /// <summary>Whether the step file is this trainer's.</summary>
    public bool HasSteps => _steps is not null;

    public void Open(StepNumber from, bool ownsShardZero)
    {
        if (ownsShardZero)
        {
            _steps = openSteps();
            var last = _steps.CutBackTo(from);
            foreach (var line in _recent.Where(line => line.Step > last && line.Step <= from)) _steps.Append(line);
        }

        _ledger = openLedger?.Invoke();
        _ledger?.CutBackTo(from);
    }

    /// <summary>
    /// Before the peers can have this step, so that none is applied anywhere that is in no ledger. Of a step that is repeated, the newest generation's
    /// lines count.
    /// </summary>
    public void Enter(Team team, StepCoordinates at, HostBatch batch)
    {
        if (_ledger is not { } ledger) return;
        LedgerLines.Write(ledger, team, at, batch);
        if (team.Members.Length > 1) ledger.Flush(durable: false);
    }

    /// <summary>A step that is applied.</summary>
    public void Append(in StepRecord line)
    {
        _steps?.Append(line);
        _recent.Enqueue(line);
        if (_recent.Count > RecentSteps) _recent.Dequeue();
    }

    /// <summary>To the disk.</summary>
    public void Flush()
    {
        _steps?.Flush(durable: true);
        _ledger?.Flush(durable: true);
    }

    /// <summary>After a generation; what is recent stays.</summary>
    public void Close()
    {
        _steps?.Dispose();
        _ledger?.Dispose();
        (_steps, _ledger) = (null, null);
    }

    public void Dispose() => Close();
}
