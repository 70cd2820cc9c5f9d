namespace ActorTrainer.Core.Experiments.Placement;

/// <summary>What a run that is trained still lacks before it is complete: its evaluations, then the test of the best checkpoint, then the digest of the last.</summary>
public static class RunClosing
{
    /// <param name="state">All of whose steps are done.</param>
    /// <param name="hasTest">Whether the last phase names a test set.</param>
    /// <param name="isEvaluating">Whether an evaluation is still outstanding, the test's included.</param>
    public static Step Next(Experiment state, bool hasTest, bool isEvaluating) =>
        isEvaluating ? new Step.Wait()
        : hasTest && state.Best is { } best && state.Test?.Checkpoint != best.Id ? new Step.Test(best.Id)
        : new Step.Digest(state.Newest!.Id);

    /// <summary>One of the nested types.</summary>
    public abstract record Step
    {
        private Step()
        {
        }

        public sealed record Wait : Step;

        public sealed record Test(CheckpointId Best) : Step;

        public sealed record Digest(CheckpointId Last) : Step;
    }
}
