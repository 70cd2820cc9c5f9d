using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Benchmarks;

/// <summary>The trainer's session without the trainer: what is left between this and the actors is the actors.</summary>
internal static class SessionLoop
{
    public static Lap Run(IEngine engine, Workload workload, ReadyBatches batches)
    {
        var (plan, exchange) = (workload.Plan, new LocalExchange());
        using var session = engine.OpenTraining(workload.Job, NoWeights.Instance);
        session.Begin(TrainingCursor.Start, null);
        var clock = new Stopclock(workload);
        for (var cursor = TrainingCursor.Start; !plan.IsFinished(cursor); cursor = plan.Advance(cursor))
        {
            var at = plan.Coordinates(cursor);
            using var batch = batches.Batch(plan.Batch(cursor));
            clock.Step(session.Apply(exchange.Exchange(session.Compute(batch, at, ShardRange.All(1))), at).Loss);
        }

        return clock.Lap();
    }
}
