using ActorTrainer.Actors.Experiments;
using ActorTrainer.Core.Evaluation;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Training;
using ActorTrainer.Transport;
using ActorTrainer.Transport.Training;

namespace ActorTrainer.Journal;

/// <summary>
/// A run as it is shown: what the journal knows, and how far its metrics have got beyond the last checkpoint. Serialised as it stands for --json,
/// so its members' names are a contract.
/// </summary>
/// <param name="Epoch">The epoch of the last applied step: 1 for the first; 0 before any.</param>
/// <param name="Step">Applied steps.</param>
/// <param name="Steps">If no phase ends early; once training has ended, what it took.</param>
/// <param name="Pid">The process that trains it now.</param>
internal sealed record RunOverview(
    ExperimentName Name, ExperimentStatus State, string Phase, int Epoch, int Epochs, long Step, long Steps, Generation Generation, int Trainers,
    Measured? Best, Measured? Test, string? Digest, string? Failure, string ConfigurationHash, DateTimeOffset Created, DateTimeOffset Updated, int? Pid)
{
    public static RunOverview Of(RunEntry entry, RunFolder folder)
    {
        var latest = StepLog.ReadLast(folder.Metrics);
        var run = entry.Experiment;
        var committed = run.Newest?.Cursor ?? run.From;
        var place = RunPlace.After(run, latest is { } step && step.Step > committed.Step ? step.Step : committed.Step);
        long steps = run.Status is ExperimentStatus.Evaluating or ExperimentStatus.Completed ? committed.Step.Value : run.Definition.Steps;
        return new(entry.Name, run.Status, run.Definition.Phases[place.Phase].Name, place.Epoch, run.Definition.Phases.Sum(phase => phase.Epochs),
            place.Step.Value, steps, run.Generation, run.Trainers, BestOf(run), TestOf(run),
            run.Digest, run.Failure, run.Definition.ConfigurationHash, run.CreatedAt, run.UpdatedAt, RunLock.HolderOf(folder))
        { IsClusters = IsOfCluster(run) };
    }

    /// <summary>A cluster trains it: no one process has it, and whoever dies is done without.</summary>
    internal bool IsClusters { get; init; }

    public static bool IsOfCluster(Experiment run) => run.Seats.Any(seat => seat.Node != LocalCrewActor.NodeName);

    /// <summary>The journal says that it goes on, and no process does it: that one was killed, and the run waits to be started again.</summary>
    internal bool IsAbandoned => Pid is null && !IsClusters && State is (ExperimentStatus.Running or ExperimentStatus.Evaluating);

    /// <summary>Without validation the newest checkpoint is the best one, and nothing was measured.</summary>
    public static Measured? BestOf(Experiment run) => run.BestStep is not { } best ? null
        : run.Evaluations.FirstOrDefault(row => row.Step == best) is { } row ? Measured.Of(best, row.Metrics)
        : new(best, null, null, null);

    public static Measured? TestOf(Experiment run) => run.Test is { } test ? Measured.Of(test.Checkpoint.Step, test.Metrics) : null;
}

/// <summary>Where a step stands in the run.</summary>
/// <param name="Phase">Index of the phase that the step belonged to.</param>
/// <param name="Epoch">1 for the first, over the whole experiment; 0 before any step.</param>
internal readonly record struct RunPlace(int Phase, int Epoch, StepNumber Step)
{
    /// <summary>Walks on from the last known cursor before the step: a phase can end early, so the step alone does not tell.</summary>
    public static RunPlace After(Experiment run, StepNumber step)
    {
        var phases = run.Definition.Phases;
        var cursor = run.Checkpoints.Select(c => c.Cursor).Append(run.From).Where(c => c.Step < step).DefaultIfEmpty(TrainingCursor.Start).MaxBy(c => c.Step);
        long ahead = step.Value - cursor.Step.Value;
        var (phase, stepInPhase, epochsBefore) = (Math.Min(cursor.Phase, phases.Length - 1), cursor.StepInPhase + ahead, cursor.EpochsBefore);
        while (phase < phases.Length - 1 && stepInPhase > (long)phases[phase].StepsPerEpoch * phases[phase].Epochs)
        {
            stepInPhase -= (long)phases[phase].StepsPerEpoch * phases[phase].Epochs;
            epochsBefore += phases[phase].Epochs;
            phase++;
        }

        int perEpoch = Math.Max(1, phases[phase].StepsPerEpoch);
        return new(phase, epochsBefore + (int)((stepInPhase + perEpoch - 1) / perEpoch), step);
    }
}

/// <summary>What was measured at a step; fractions of 1. Null: not measured.</summary>
internal sealed record Measured(StepNumber Step, double? Loss, double? Top1, double? Top5)
{
    public static Measured Of(StepNumber step, EvaluationMetrics metrics) => new(step, metrics.Loss, metrics.Top1, metrics.Top5);
}
