using System.Collections.Immutable;
using ActorTrainer.Actors.Evaluation;
using ActorTrainer.Actors.Experiments;
using ActorTrainer.Actors.Hosting;
using ActorTrainer.Actors.Journal;
using ActorTrainer.Actors.Nodes;
using ActorTrainer.Actors.Training;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Training;
using ActorTrainer.Transport.Checkpoints;
using ActorTrainer.Transport.Training;
using Akka.Actor;

namespace ActorTrainer.Benchmarks;

/// <summary>The whole way of a run: experiment, trainer and loader actors, journal, step file, a checkpoint at the end. Only what it trains on stands ready.</summary>
internal static class ActorLoop
{
    public static async Task<Lap> RunAsync(IEngine engine, Workload workload, IExperimentData batches)
    {
        string folder = Directory.CreateTempSubdirectory("actortrainer-overhead-").FullName;
        try
        {
            var clock = new Stopclock(workload);
            var run = new RunFolder(folder);
            using var evaluations = new EvaluationLog(run.Evaluations, TimeProvider.System);
            var ended = await EndOfAsync(Work(engine, workload, batches, run, () => new ClockedLog(new StepLog(run.Metrics, TimeProvider.System), clock)), crew => Parts(workload, run, evaluations, crew), run).ConfigureAwait(false);
            return ended.Status == ExperimentStatus.Completed ? clock.Lap() : throw new InvalidOperationException($"The run ended as {ended.Status}: {ended.Failure}");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static ExperimentWork Work(IEngine engine, Workload workload, IExperimentData batches, RunFolder run, Func<IStepLog> steps)
    {
        var (store, job) = (new FolderCheckpointStore(run.CheckpointFolder), workload.Job);
        return new(
            [new TrainerParts(workload.Plan, job, engine, NoWeights.Instance, batches, store, new LocalExchanges(), steps, null, "none", 4, TimeProvider.System)],
            new EvaluatorParts(engine, NoWeights.Instance, job.Device, batches, store, workload.BatchSize, 4));
    }

    private static ExperimentParts Parts(Workload workload, RunFolder run, IEvaluationLog evaluations, IActorRef crew)
    {
        var (plan, job) = (workload.Plan, workload.Job);
        var data = new PhaseData("measured", 1, workload.AllSteps, workload.Description.Classes, new("generated", "none", workload.AllSteps * workload.BatchSize), null, null);
        var definition = new ExperimentDefinition(new("overhead"), "none", ImmutableSortedDictionary<string, string>.Empty, [], "", job.Device, job.LogicalShards, [data], null, "none", plan.Steps);
        return new(definition, plan, new(null, 2, false), null, new FolderCheckpointStore(run.CheckpointFolder), evaluations, crew, new(1, 1), "benchmark", TimeProvider.System);
    }

    private static async Task<Experiment> EndOfAsync(ExperimentWork work, Func<IActorRef, ExperimentParts> parts, RunFolder run)
    {
        var system = ActorTrainerSystem.Start(JournalLocation.Of(run.Path), new(run.Log));
        try
        {
            using var inbox = Inbox.Create(system);
            system.EventStream.Subscribe(inbox.Receiver, typeof(ExperimentProtocol.ExperimentEnded));
            var node = system.ActorOf(NodeActor.Props(new PreparedWorkplace(work)), NodeProtocol.ActorName);
            system.ActorOf(ExperimentActor.Props(parts(system.ActorOf(LocalCrewActor.Props(node), "crew"))), "overhead");
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

        public StepNumber CutBackTo(StepNumber step) => file.CutBackTo(step);

        public void Dispose() => file.Dispose();
    }
}
