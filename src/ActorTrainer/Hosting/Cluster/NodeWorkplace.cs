using System.Collections.Immutable;
using ActorTrainer.Actors.Evaluation;
using ActorTrainer.Actors.Nodes;
using ActorTrainer.Actors.Training;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Experiments.Placement;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Training;
using ActorTrainer.DataSets;
using ActorTrainer.Transport.Training;
using ActorTrainer.Transport.Training.TensorBoard;

namespace ActorTrainer.Hosting.Cluster;

/// <summary>Prepares experiments at a node: opens its data, compares them and the numbers that it computes with the definition.</summary>
/// <param name="node">As it is called in file names: <c>host-port</c>.</param>
/// <param name="roots">Where it may take data from.</param>
/// <param name="trainers">How many it holds; null: one a device.</param>
internal sealed class NodeWorkplace(
    string node, RunsFolder runs, DataRoots roots, IDataReader reader, IEngine engine, IExchangeFactory exchanges, int? trainers, TimeProvider time) : IWorkplace
{
    private readonly RunWeights _weights = new(runs);

    public string Device => DeviceHere switch
    {
        { Kind: DeviceKind.Cpu, Threads: var threads } => Seats == 1 ? $"CPU, {threads} threads" : $"CPU, {threads} threads, {Seats} trainers",
        var device => Seats == 1 ? $"{device.Kind} {device.Index}" : $"{Seats} {device.Kind}",
    };

    public int Seats => trainers ?? engine.CountDevices(DeviceHere.Kind);

    private ResolvedDevice DeviceHere => engine.Resolve(new(DeviceChoice.Auto, 1, 1, null));

    public Task<NodeProtocol.ExperimentResolved> ResolveAsync(NodeProtocol.ResolveExperiment question, CancellationToken cancel)
    {
        using var prepared = Prepare(question.Configuration, question.Earlier, cancel);
        return Task.FromResult(new NodeProtocol.ExperimentResolved(prepared.Definition, prepared.Notices));
    }

    public Task<ExperimentWork> PrepareAsync(ExperimentDefinition definition, CancellationToken cancel)
    {
        var prepared = Prepare(definition.EffectiveConfiguration, definition, cancel);
        try
        {
            Compare(definition, prepared.Definition);
            if (prepared.Job.Device.Kind == DeviceKind.Cuda && engine.CountDevices(DeviceKind.Cuda) is var gpus && Seats > gpus)
                throw new EngineException($"This node is told to hold {Seats} trainers (node.trainers), but has {gpus} GPUs: leave the number out, or name {gpus}.");
            var (settings, folder) = (prepared.Settings, runs[definition.Name]);
            Directory.CreateDirectory(folder.Path);
            var store = runs.StoreOf(definition.Name, definition);
            var parts = new TrainerParts(prepared.Plan, prepared.Job, engine, _weights, prepared.Data, store, exchanges,
                () => new TensorBoardSteps(new StepLog(FencedFile.Take(folder.Metrics), time), folder.TensorBoardTrain, time), null, definition.ConfigurationHash, settings.Data.Prefetch, time);
            ImmutableArray<TrainerParts> seats = [.. Enumerable.Range(0, Seats).Select(seat => parts.AtSeat(seat) with
            {
                OpenLedger = settings.Data.Ledger ? () => new LedgerLog(Path.Combine(folder.Path, $"ledger.{SeatName.Of(node, seat)}.jsonl"), time) : null,
            })];
            var evaluator = new EvaluatorParts(engine, _weights, prepared.Job.Device, prepared.Data, store, settings.Evaluation.BatchSize, settings.Data.Prefetch);
            return Task.FromResult(new ExperimentWork(seats, evaluator, prepared));
        }
        catch
        {
            prepared.Dispose();
            throw;
        }
    }

    private PreparedExperiment Prepare(string text, ExperimentDefinition? earlier, CancellationToken cancel)
    {
        var configuration = SubmittedConfiguration.Read(text);
        roots.Check(configuration.Settings);
        return new ExperimentPreparation(new RegisteredDataReader(reader, runs), engine, _weights).Prepare(configuration.Settings, ConfigurationIdentity.Of(configuration), earlier, null, cancel, fromCheckpoint: earlier is not null);
    }

    /// <summary>What is trained must be the same on every node: the data by content, and the bits that its device computes.</summary>
    private static void Compare(ExperimentDefinition definition, ExperimentDefinition here)
    {
        foreach (var (wanted, found) in definition.Phases.Zip(here.Phases))
        {
            foreach (var (one, other) in new[] { (wanted.Train, found.Train), (wanted.Validation, found.Validation), (wanted.Test, found.Test) })
            {
                if (one?.ManifestHash != other?.ManifestHash)
                    throw new DataException($"{other?.Location ?? one?.Location} holds other data on this node ({other?.ManifestHash[..12] ?? "none"}) than where the experiment was begun ({one?.ManifestHash[..12] ?? "none"}).");
            }
        }

        if (definition.PretrainedHash != here.PretrainedHash) throw new DataException("The pretrained weights are others on this node than where the experiment was begun.");
        if (definition.Fingerprint != here.Fingerprint)
            throw new EngineException($"This node computes other bits (fingerprint {here.Fingerprint[..12]}) than those that the experiment was begun on ({definition.Fingerprint[..12]}): its processor, thread count or library version differs.");
    }
}
