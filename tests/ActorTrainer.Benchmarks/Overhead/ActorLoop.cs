using System.Collections.Immutable;
using ActorTrainer.Actors.Evaluation;
using ActorTrainer.Actors.Experiments;
using ActorTrainer.Actors.Hosting;
using ActorTrainer.Actors.Journal;
using ActorTrainer.Actors.Training;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Training;
using ActorTrainer.Torch;
using ActorTrainer.Transport.Checkpoints;
using ActorTrainer.Transport.Training;
using Akka.Actor;

namespace ActorTrainer.Benchmarks.Overhead;

/// <summary>The whole way of a run: experiment, trainer and loader actors, journal, step file, a checkpoint at the end. Only the pixels stand ready.</summary>
internal static class ActorLoop
{
    public static async Task<Lap> RunAsync(Workload workload, ReadyBatches batches)
    {
        string folder = Directory.CreateTempSubdirectory("actortrainer-overhead-").FullName;
        try
        {
            var clock = new Stopclock(workload);
            var run = new RunFolder(folder);
            using var steps = new ClockedLog(new StepLog(run.Metrics, TimeProvider.System), clock);
            using var evaluations = new EvaluationLog(run.Evaluations, TimeProvider.System);
            var ended = await EndOfAsync(Parts(workload, batches, run, steps, evaluations), run).ConfigureAwait(false);
            return ended.Status == ExperimentStatus.Completed ? clock.Lap() : throw new InvalidOperationException($"The run ended as {ended.Status}: {ended.Failure}");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static ExperimentParts Parts(Workload workload, ReadyBatches batches, RunFolder run, IStepLog steps, IEvaluationLog evaluations)
    {
        var (engine, store, plan, job) = (new TorchEngine(), new FolderCheckpointStore(run.CheckpointFolder), workload.Plan, workload.Job);
        var data = new PhaseData("measured", 1, workload.AllSteps, workload.Description.Classes, new("generated", "none", workload.AllSteps * workload.BatchSize), null, null);
        var definition = new ExperimentDefinition(new("overhead"), "none", ImmutableSortedDictionary<string, string>.Empty, [], "", job.Device, job.LogicalShards, [data], null, "none", plan.Steps);
        var trainer = new TrainerParts(plan, job, engine, NoWeights.Instance, batches, store, new LocalExchange(), steps, null, "none", 4, TimeProvider.System);
        var evaluator = new EvaluatorParts(engine, NoWeights.Instance, job.Device, batches, store, workload.BatchSize, 4);
        return new(definition, plan, new(null, 2, false), null, store, evaluations, experiment => TrainerActor.Props(trainer, experiment), EvaluatorActor.Props(evaluator),
            "benchmark", TimeProvider.System);
    }

    private static async Task<Experiment> EndOfAsync(ExperimentParts parts, RunFolder run)
    {
        var system = ActorTrainerSystem.Start(JournalLocation.Of(run.Path), run.Log);
        try
        {
            using var inbox = Inbox.Create(system);
            system.EventStream.Subscribe(inbox.Receiver, typeof(ExperimentProtocol.ExperimentEnded));
            system.ActorOf(ExperimentActor.Props(parts), "overhead");
            var ended = (ExperimentProtocol.ExperimentEnded)await inbox.ReceiveAsync(TimeSpan.FromHours(1)).ConfigureAwait(false);
            return ended.Experiment;
        }
        finally
        {
            await system.Terminate().ConfigureAwait(false);
        }
    }

    /// <summary>The run's step file, which also stops the time.</summary>
    private sealed class ClockedLog(StepLog file, Stopclock clock) : IStepLog
    {
        public void Append(in StepRecord record)
        {
            file.Append(record);
            clock.Step(record.Loss);
        }

        public void Flush(bool durable) => file.Flush(durable);

        public void CutBackTo(StepNumber step) => file.CutBackTo(step);

        public void Dispose() => file.Dispose();
    }
}
