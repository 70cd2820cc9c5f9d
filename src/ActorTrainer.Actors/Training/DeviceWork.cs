using ActorTrainer.Actors.Checkpoints;
using ActorTrainer.Actors.Data;
using ActorTrainer.Core.Checkpoints;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Experiments.Placement;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Training;
using Akka.Actor;
using Akka.Event;
using static ActorTrainer.Actors.Training.TrainerProtocol;

namespace ActorTrainer.Actors.Training;

/// <summary>
/// What a trainer does on its device, with its peers and in its files, one piece a call: takes a state, meets its team, steps, computes features, captures.
/// The state lives as long as the trainer, the rest from <see cref="Begin"/> to <see cref="Leave"/>. On the device's thread; what it did to the state it
/// tells the agenda.
/// </summary>
internal sealed class DeviceWork(TrainerParts parts, TrainingAgenda agenda, StepClock clock, ProgressNews news, ILoggingAdapter log, IActorRef seat) : IDisposable
{
    private readonly TrainingTrace _trace = new(parts.Time);
    private readonly StepFiles _files = new(parts.OpenSteps, parts.OpenLedger);
    private ITrainSession? _session;
    private IGradientExchange? _exchange;
    private Team _team = null!;

    /// <summary>Null: the phase is on pictures, or not entered yet.</summary>
    public FeaturePhase? Features { get; private set; }

    private ITrainSession Session => _session ?? throw new InvalidOperationException("There is no state yet.");

    private IGradientExchange Exchange => _exchange ?? throw new InvalidOperationException("No team has been met.");

    /// <summary>Null: none.</summary>
    public LiveState? HeldState() => _session is null ? null : new(agenda.Cursor, StateHash.Of(_session.Capture(agenda.Cursor)));

    /// <summary>
    /// Takes the state and meets the team, and gets the state from the peer that gives it, where it is not here. Throws <see cref="ExchangeFailedException"/>:
    /// what was taken by then stands.
    /// </summary>
    public void Begin(StartTraining order, CancellationToken abort)
    {
        (var start, _team, string? trace) = order;
        _trace.Begin(_team, trace);
        news.Begin(_team);
        bool isHere = start.IsLive && _session is not null && agenda.Cursor == start.From;
        if (!start.IsLive) Take(start.From, start.Source is { } source ? parts.Store.Read(source).State : null);
        else if (start.Giver is null && !isHere) throw new InvalidOperationException($"The state after step {start.From.Step} is not in memory here.");
        _exchange = parts.Exchanges.Connect(_team, parts.Job, abort);
        if (start.Giver is not { } giver) return;
        var state = _exchange.Share(giver, isHere ? Session.Capture(start.From) : null);
        if (!isHere) Take(start.From, state);
    }

    /// <summary>The files from where the state stands, and the phase's features.</summary>
    public void Open()
    {
        _files.Open(agenda.Cursor.Step, ownsShardZero: _team.Own.First == 0);
        OpenFeatures();
    }

    public void EnterPhase(TrainingCursor at)
    {
        Session.EnterPhase(at);
        agenda.PhaseEntered();
        OpenFeatures();
    }

    /// <summary>The batches of the steps from here on, as far as their features are ready.</summary>
    public TrainingSequence Batches()
    {
        var (plan, data, phase, features) = (parts.Plan, parts.Data, Features?.Phase, Features?.Ready());
        IBatchSource? SourceOf(TrainingCursor cursor) =>       // on the loader's thread
            plan.VariantAt(cursor) is not { } variant ? data.Training(cursor.Phase) : cursor.Phase == phase ? features!(variant) : null;
        return new(plan, SourceOf, agenda.Cursor, new ShardLayout(parts.Job.LogicalShards), _team.Own);
    }

    /// <summary>The pictures of the blocks that are missing here.</summary>
    public BlockSequence Pictures(FeaturePhase features) => features.Pictures(parts.Data.Training(features.Phase), _team);

    public void ComputeFeatures(FeaturePhase features, HostBatch pictures)
    {
        var block = features.Compute(Session, clock, pictures);
        news.Computed(features.Phase, block, features.Source.Blocks.Count);
    }

    /// <summary>See <see cref="FeaturePhase.Agree"/>.</summary>
    public (bool IsDone, StepRequest Request) Agree(bool isDoneHere) => clock.Exchanging(() => FeaturePhase.Agree(Exchange, isDoneHere, agenda.Request));

    /// <summary>
    /// Computes, exchanges, applies and writes down. Throws <see cref="ExchangeFailedException"/>, and <see cref="EngineException"/> for a loss that is not
    /// finite: the state of the step before stands then.
    /// </summary>
    /// <param name="ready">Batches that are loaded besides this one.</param>
    /// <returns>What anybody wants after this step.</returns>
    public StepRequest Step(HostBatch batch, TrainingCursor before, int ready)
    {
        var at = parts.Plan.Coordinates(before);
        if (batch.Request.Sequence != at.Step.Value) throw new InvalidOperationException($"The batch of step {batch.Request.Sequence} came for step {at.Step}.");
        try
        {
            var (result, request) = Train(batch, at);
            Record(batch, at, result);
            news.Stepped(at, result, batch.WholeCount, ready);
            return request;
        }
        catch (NonFiniteLossException e)
        {
            throw Naming(batch, at.Phase, e);
        }
    }

    /// <summary>The state as it stands, for the writer. Throws where the disk is full.</summary>
    public CheckpointWriterProtocol.WriteCheckpoint Capture(TrainingDeed.Write write)
    {
        var content = clock.Saving(() =>
        {
            // Before the checkpoint counts, so that not even a power cut takes lines of steps that are committed.
            _files.Flush();
            int phase = Experiment.PhaseOf(agenda.Cursor);
            return new CheckpointContent(write.Id, Session.Capture(agenda.Cursor), parts.Job.Phases[phase].Description, parts.ConfigurationHash);
        });
        return new(content, write.Due, _trace.Generation);
    }

    /// <summary>What is written down of steps, to the disk.</summary>
    public void Flush() => _files.Flush();

    /// <summary>The peers need not wait for their deadline.</summary>
    public void LeavePeers()
    {
        (_exchange as IDisposable)?.Dispose();
        _exchange = null;
    }

    /// <summary>Ends what a generation had. The state stays.</summary>
    public void Leave()
    {
        LeavePeers();
        _files.Close();
        CloseFeatures();
    }

    public void Dispose()
    {
        Leave();
        _session?.Dispose();
    }

    private void Take(TrainingCursor from, TrainingState? state)
    {
        _session ??= parts.Engine.OpenTraining(parts.Job, parts.Weights);
        _session.Begin(from, state);
        agenda.StateTaken(from);
    }

    /// <summary>In a phase on features, whose backbone is by now what it stays.</summary>
    private void OpenFeatures()
    {
        CloseFeatures();
        if (agenda.Phase is not { } phase || parts.Job.Phases[phase] is not { FeatureBytes: > 0 and var bytes }) return;
        Features = new(phase, parts.Data.Features(phase, Session.Backbone, bytes));
    }

    private void CloseFeatures()
    {
        Features?.Dispose();
        Features = null;
    }

    private (StepResult Result, StepRequest Request) Train(HostBatch batch, StepCoordinates at)
    {
        var own = Session.Compute(batch, at, _team.Own, Exchange.IsFar ? Exchange.Begin : null);
        Failpoint.Hit(Failpoints.StepComputed);
        _files.Enter(_team, at, batch);
        var total = clock.Exchanging(() => Exchange.Exchange([.. own.Select(sum => sum with { Tail = sum.Tail with { Request = agenda.Request } })]));
        Failpoint.Hit(Failpoints.StepExchanged);
        var result = Session.Apply(total, at);
        Failpoint.Hit(Failpoints.StepApplied);
        return (result, total.Tail.Request);
    }

    /// <summary>Names the batch's files, the first in the message and all of them in the log.</summary>
    private EngineException Naming(HostBatch batch, int phase, NonFiniteLossException e)
    {
        const int Named = 5;
        string[] files = [.. batch.Request.Samples.Select(sample => parts.Data.PathOf(phase, sample))];
        log.Error("{Reason} The batch: {Files}", e.Message, string.Join(", ", files));
        string more = files.Length > Named ? $" and {files.Length - Named} more, all named in log.txt" : "";
        return new($"{e.Message} Nothing was updated: the state of the step before stands. The batch: {string.Join(", ", files.Take(Named))}{more}. " +
            "A smaller learning rate, gradient-clip or a longer warm-up often helps.", e);
    }

    private void Record(HostBatch batch, StepCoordinates at, StepResult result)
    {
        var (imagesPerSecond, times) = clock.Step(batch.WholeCount, batch.DecodeTime, Session.Times);
        var line = new StepRecord(at.Epoch + 1, at.Step, result.Loss, result.LearningRate, imagesPerSecond, at.Phase,
            result.Samples > 0 ? result.Correct / result.Samples : 0, times);
        _files.Append(line);
        _trace.Step(line);
        TrainingMeter.Step(_team.Experiment, batch.Count, isCounted: _files.HasSteps);
        foreach (var problem in batch.Excluded) seat.Tell(new SampleSkipped(_team.Generation, problem.Path, problem.Reason));
    }
}
