using System.Collections.Immutable;
using System.Globalization;
using ActorTrainer.Actors.Evaluation;
using ActorTrainer.Actors.Experiments;
using ActorTrainer.Actors.Hosting;
using ActorTrainer.Actors.Nodes;
using ActorTrainer.Actors.Training;
using ActorTrainer.Core.Checkpoints;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Training;
using ActorTrainer.Data;
using ActorTrainer.DataSets;
using ActorTrainer.Journal;
using ActorTrainer.Torch;
using ActorTrainer.Transport;
using ActorTrainer.Transport.Gradients;
using ActorTrainer.Transport.Training;
using ActorTrainer.Transport.Training.TensorBoard;
using Akka.Actor;

namespace ActorTrainer.Hosting;

/// <summary>
/// <c>run</c>: one process that is the whole cluster. Reads, prepares, starts the actors on the run's folder, waits until the experiment has ended,
/// and says how. Listens on nothing, starts no other process.
/// </summary>
internal sealed class LocalRun(IDataReader reader, IEngine engine, TimeProvider time)
{
    /// <summary>With this program's own parts. Made when it is called, so that other commands load neither libtorch nor a codec.</summary>
    public static Task<int> Default(RunRequest request, IRunObserver observer, CancellationToken cancel) =>
        new LocalRun(DataReader.OfUser(TimeProvider.System), new TorchEngine(), TimeProvider.System).ExecuteAsync(request, observer, cancel);

    private const int Done = 0, Failed = 1, Usage = 2, Interrupted = 130;

    public async Task<int> ExecuteAsync(RunRequest request, IRunObserver observer, CancellationToken cancel)
    {
        var reading = ExperimentFile.Read(request.File, request.Overrides);
        foreach (var warning in reading.Warnings) observer.Notice(warning.ToString());
        if (reading.Configuration is not { } configuration)
        {
            observer.Failed(ConfigurationProblem.ToText(reading.Errors));
            return Usage;
        }

        var (runs, name) = (request.Runs, configuration.Settings.Name);
        var folder = runs[name];
        bool isKnown = new RunJournal(runs).Load(name) is not null;     // here, so that a journal out of reach is told before anything is made
        Directory.CreateDirectory(runs.Path);
        bool folderWasThere = Directory.Exists(folder.Path);
        using var taken = RunLock.TryTake(folder, out int? holder);
        if (taken is null)
        {
            observer.Failed($"The run '{name}' is going on already, as process {holder?.ToString(CultureInfo.InvariantCulture) ?? "unknown"}. 'actortrainer watch {name}' shows it.");
            return Failed;
        }

        try
        {
            if (request.Fresh) SetAside.Apply(runs, name, observer);
            return await RunAsync(request, configuration, runs, observer, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is DataException or EngineException or RunConflictException)
        {
            observer.Failed(e.Message);
            return Usage;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            observer.Interrupted(StepNumber.Zero, $"actortrainer run {request.File}");
            return Interrupted;
        }
        finally
        {
            // A run that was refused before it began leaves nothing half-written.
            if (!folderWasThere && !isKnown && new RunJournal(runs).Load(name) is null) DeleteEmptyRun(folder, runs);
        }
    }

    private async Task<int> RunAsync(RunRequest request, ExperimentConfiguration configuration, RunsFolder runs, IRunObserver observer, CancellationToken cancel)
    {
        var name = configuration.Settings.Name;
        var (folder, weights) = (runs[name], new RunWeights(runs));
        var earlier = new RunJournal(runs).Load(name);
        using var prepared = await Task.Run(() => new ExperimentPreparation(new RegisteredDataReader(reader, runs), engine, weights).Prepare(
            configuration.Settings, ConfigurationIdentity.Of(configuration), earlier?.Definition, new Relay(observer), cancel, fromCheckpoint: earlier?.Newest is not null), cancel).ConfigureAwait(false);
        if (earlier?.Status is ExperimentStatus.Cancelled)
        {
            throw new RunConflictException($"The run '{name}' was cancelled. 'actortrainer run {request.File} --fresh' sets it aside and begins anew; " +
                $"'actortrainer run {request.File} --from {name} --set experiment.name=ANOTHER-NAME' begins from where it stopped.");
        }

        if (earlier is not null) RunConflict.Check(earlier.Definition, prepared.Definition, request.File, request.AcceptMachine);
        if (prepared.Features.Bytes > 0 && earlier is not { IsTrained: true }) reader.RequireFeatureCache(prepared.Features.Bytes);
        foreach (string notice in prepared.Notices) observer.Notice(notice);
        if (earlier is null && configuration.Settings.Model is { Pretrained: null, Architecture: { } architecture })
            observer.Notice($"{architecture} trains from scratch: model.pretrained is not set.");
        await File.WriteAllTextAsync(folder.EffectiveConfiguration, configuration.Text, cancel).ConfigureAwait(false);

        var definition = runs.Settle(prepared.Definition, earlier?.Definition);
        var store = runs.StoreOf(name, definition);
        using var evaluations = new TensorBoardEvaluations(new EvaluationLog(folder.Evaluations, time), folder.TensorBoardValidation, time);
        (StoredCheckpoint, TrainingCursor)? inherited = null;
        if (request.From is { } from && earlier is null)
        {
            var content = Inheritance.Take(from, runs, prepared, out string parent);
            inherited = (store.Write(content, cancel), content.State.Cursor);
            definition = definition with { Parent = parent };
        }

        var trainer = new TrainerParts(prepared.Plan, prepared.Job, engine, weights, prepared.Data, store, new PeerExchanges(MeetingPlace.OfProcess(), observer.Notice),
            () => new TensorBoardSteps(new StepLog(folder.Metrics, time), folder.TensorBoardTrain, time), configuration.Settings.Data.Ledger ? () => new LedgerLog(folder.Ledger, time) : null, configuration.Hash, configuration.Settings.Data.Prefetch, time);
        var evaluator = new EvaluatorParts(engine, weights, prepared.Job.Device, prepared.Data, store, configuration.Settings.Evaluation.BatchSize, configuration.Settings.Data.Prefetch);
        ImmutableArray<TrainerParts> seats = [.. Enumerable.Range(0, engine.CountDevices(prepared.Job.Device.Kind)).Select(trainer.AtSeat)];
        var trainers = new TrainerRange(1, Math.Clamp(configuration.Settings.Resources.MaxTrainers, 1, seats.Length));
        ExperimentParts PartsFor(IActorRef crew) => new(definition, prepared.Plan, configuration.Settings.Checkpoint, configuration.Settings.Evaluation.EarlyStopping, store, evaluations,
            crew, trainers, $"{Environment.MachineName}/{Environment.ProcessId}", time, inherited);
        return await TrainAsync(request, prepared, PartsFor, new(seats, evaluator), runs, observer, cancel).ConfigureAwait(false);
    }

    private async Task<int> TrainAsync(
        RunRequest request, PreparedExperiment prepared, Func<IActorRef, ExperimentParts> parts, ExperimentWork work, RunsFolder runs, IRunObserver observer, CancellationToken cancel)
    {
        var name = prepared.Definition.Name;
        var system = ActorTrainerSystem.Start(runs.Journal, new(runs[name].Log));
        try
        {
            var ended = new TaskCompletionSource<RunEnd>(TaskCreationOptions.RunContinuationsAsynchronously);
            var node = system.ActorOf(NodeActor.Props(new PreparedWorkplace(work)), NodeProtocol.ActorName);
            var experiment = system.ActorOf(ExperimentSupervisorActor.Props(parts(system.ActorOf(LocalCrewActor.Props(node, work.Trainers.Length), "crew")), runs.Journal.Patience), $"experiment-{name}-1");
            system.ActorOf(RunObserverActor.Props(observer, prepared, experiment, ended, time), "observer");
            await using var stop = cancel.Register(() => experiment.Tell(new ExperimentProtocol.PauseExperiment()));
            return Report(await ended.Task.ConfigureAwait(false), request, observer);
        }
        finally
        {
            await system.Terminate().ConfigureAwait(false);
        }
    }

    private static int Report(RunEnd end, RunRequest request, IRunObserver observer)
    {
        switch (end.Experiment)
        {
            case { Status: ExperimentStatus.Completed, Digest: { } digest } experiment:
                observer.Completed(experiment, digest);
                return Done;
            case { Status: ExperimentStatus.Paused } experiment:
                observer.Interrupted(experiment.Newest?.Id.Step ?? StepNumber.Zero, $"actortrainer run {request.File}");
                return Interrupted;
            case { Failure: { } reason }:
                observer.Failed(reason);
                return Failed;
            default:
                observer.Failed(end.Trouble is { } trouble
                    ? $"The experiment's journal could not be written: {trouble.TrimEnd('.')}. Nothing that was committed is lost: mend that, and run the same command again."
                    : "Another process took the experiment over, or its journal could not be written. Nothing that was committed is lost: run the same command again. The reason stands in the run's log.txt.");
                return Failed;
        }
    }

    private static void DeleteEmptyRun(RunFolder folder, RunsFolder runs)
    {
        if (Directory.Exists(folder.Path)) Directory.Delete(folder.Path, recursive: true);
        if (!Directory.EnumerateFileSystemEntries(runs.Path).Any()) Directory.Delete(runs.Path);
    }

    private sealed class Relay(IRunObserver observer) : IProgress<DataProgress>
    {
        public void Report(DataProgress value) => observer.Preparing(value);
    }
}
