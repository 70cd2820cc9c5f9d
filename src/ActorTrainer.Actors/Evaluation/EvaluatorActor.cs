using System.Diagnostics;
using ActorTrainer.Actors.Data;
using ActorTrainer.Actors.Tracing;
using ActorTrainer.Core.Checkpoints;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Evaluation;
using ActorTrainer.Core.Training;
using Akka.Actor;
using static ActorTrainer.Actors.Evaluation.EvaluatorProtocol;

namespace ActorTrainer.Actors.Evaluation;

/// <summary>Everything an evaluator is given besides messages. Local to its node.</summary>
public sealed record EvaluatorParts(
    IEngine Engine, IWeightSource Weights, ResolvedDevice Device, IExperimentData Data, ICheckpointStore Store, int BatchSize, int Prefetch);

/// <summary>
/// Evaluates checkpoints, one after the other, from their files: never live weights. Runs on the device's own thread, shared with the trainer of
/// the same device: a batch a message, so the two take turns.
/// <code>
///   experiment --Evaluate--> queue --> [ checkpoint -> weights ] --batch by batch--> tally --EvaluationCompleted--> experiment
///
///   consumes        orders, batches of the set in manifest order
///   produces        one result an order
///   waits for       batches; its turn on the device
///   unblocked by    its loader; the trainer's message ending
/// </code>
/// </summary>
public sealed class EvaluatorActor : UntypedActor
{
    private readonly EvaluatorParts _parts;
    private readonly IActorRef _loader;
    private readonly Queue<(Evaluate Order, IActorRef Asker)> _orders = new();
    private IInferenceSession? _session;
    private (Evaluate Order, IActorRef Asker)? _current;
    private EvaluationTally? _tally;
    private Activity? _span;
    private int _run, _left;

    public EvaluatorActor(EvaluatorParts parts)
    {
        _parts = parts;
        _loader = Context.ActorOf(DataLoaderActor.Props(), "loader");
    }

    public static Props Props(EvaluatorParts parts) =>
        Akka.Actor.Props.Create(() => new EvaluatorActor(parts)).WithDispatcher("actortrainer.device-dispatcher");

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Evaluate order: OnEvaluate(order); break;
            case Begin: OnBegin(); break;
            case DataLoaderProtocol.BatchReady ready: OnBatch(ready); break;
            case DataLoaderProtocol.LoadingFailed failed when failed.Run == _run: Fail(failed.Reason.Message, damaged: false); break;
            case DataLoaderProtocol.INotification: break;
            default: Unhandled(message); break;
        }
    }

    private void OnEvaluate(Evaluate order)
    {
        _orders.Enqueue((order, Sender));
        if (_current is null && _orders.Count == 1) Self.Tell(Begin.Instance);
    }

    private void OnBegin()
    {
        if (_current is not null || !_orders.TryDequeue(out var next)) return;
        _current = next;
        _span = ProductTracing.Begin(TraceNames.Evaluation, TraceParent.Read(next.Order.Trace))?
            .SetTag("actortrainer.generation", next.Order.Checkpoint.Generation.Value).SetTag("actortrainer.step", next.Order.Checkpoint.Step.Value).SetTag("actortrainer.phase", next.Order.Phase);
        try
        {
            var set = (next.Order.Phase is { } phase ? _parts.Data.Validation(phase) : _parts.Data.Test)
                ?? throw new InvalidOperationException($"There is no data set to evaluate {next.Order.Checkpoint} on.");
            var checkpoint = _parts.Store.Read(next.Order.Checkpoint);
            _session ??= _parts.Engine.OpenInference(_parts.Device, _parts.Weights);
            _session.Load(checkpoint.Model, checkpoint.State.Weights);
            (_tally, _left) = (new EvaluationTally(checkpoint.Model.Classes.Length), set.Samples.Length);
            _loader.Tell(new DataLoaderProtocol.StartLoading(++_run, new EvaluationSequence(set, _parts.BatchSize)));
            _loader.Tell(new DataLoaderProtocol.RequestBatches(_run, _parts.Prefetch));
        }
        catch (CheckpointDamagedException e)
        {
            Fail(e.Message, damaged: true);
        }
        catch (Exception e) when (e is DataException or EngineException or IOException)
        {
            Fail(e.Message, damaged: false);
        }
    }

    private void OnBatch(DataLoaderProtocol.BatchReady ready)
    {
        using var batch = ready.Batch;
        if (ready.Run != _run || _current is not { } current || _session is null || _tally is null) return;
        _tally.Add(_session.Logits(batch), batch.Labels, batch.Weights);
        foreach (var problem in batch.Excluded) current.Asker.Tell(new SampleSkipped(current.Order.Phase, problem.Path, problem.Reason));
        _left -= batch.Count;
        _loader.Tell(new DataLoaderProtocol.RequestBatches(_run, 1));
        if (_left == 0) Answer(new EvaluationCompleted(current.Order.Checkpoint, current.Order.Phase, _tally.Result()));
    }

    private void Fail(string reason, bool damaged)
    {
        if (_current is { } current) Answer(new EvaluationFailed(current.Order.Checkpoint, current.Order.Phase, reason, damaged));
    }

    private void Answer(object result)
    {
        _span?.End((result as EvaluationFailed)?.Reason);
        _span = null;
        _current!.Value.Asker.Tell(result);
        _current = null;
        if (_orders.Count == 0) _session?.Rest();       // training goes on beside it, for epochs
        Self.Tell(Begin.Instance);
    }

    protected override void PostStop()
    {
        _span?.End("The evaluator was stopped.");
        _session?.Dispose();
    }

    private sealed record Begin : INoSerializationVerificationNeeded
    {
        public static Begin Instance { get; } = new();
    }
}
