using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Core.Evaluation;

/// <summary>Early stopping's verdict as a function of the journal: null until every evaluation that it rests on is recorded.</summary>
public sealed class EarlyStoppingJudge(TrainingPlan plan, EarlyStoppingSettings settings)
{
    /// <param name="epochsDone">Over the whole experiment, at the end of which the verdict takes effect.</param>
    /// <param name="epochsInPhase">The same, counted in the phase.</param>
    public StoppingVerdict? Decide(Experiment experiment, int phase, int epochsDone, int epochsInPhase)
    {
        var rows = experiment.RowsOf(phase).Where(row => row.Epoch < epochsDone).ToList();
        return rows.Count < plan.JudgedEpochs(epochsInPhase) ? null : EarlyStopping.Decide(rows, settings);
    }
}
