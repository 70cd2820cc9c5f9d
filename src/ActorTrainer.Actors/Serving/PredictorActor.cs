using System.Collections.Immutable;
using System.Diagnostics;
using ActorTrainer.Actors.Tracing;
using ActorTrainer.Core.Registry;
using ActorTrainer.Core.Serving;
using Akka.Actor;
using static ActorTrainer.Actors.Serving.InferenceProtocol;
using static ActorTrainer.Actors.Serving.PredictorProtocol;

namespace ActorTrainer.Actors.Serving;

/// <summary>
/// One loaded version of a model: requests come one by one and go to the device in batches, as <see cref="BatchQueue{T}"/> says. Its weights are read on a
/// thread of the pool: meanwhile the device answers for other models.
/// <code>
///   gateway --Predict--> queue --Infer (a batch)--> InferenceActor (device thread) --Inferred--> Predicted, to each who asked
///
///   consumes        requests whose pictures are decoded already
///   produces        one answer a request
///   waits for       company for a lone request; the batch that is on the device
///   unblocked by    the queue's delay; the device
/// </code>
/// </summary>
public sealed class PredictorActor : UntypedActor, IWithTimers
{
    /// <summary>Whoever was told of it may still be decoding.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    private readonly BatchQueue<Asked> _queue;
    private readonly TimeProvider _time;
    private readonly long _began;
    private readonly Func<Func<IPredictor>> _read;
    private readonly ServingMeter _meter;
    private readonly ModelVersionId _version;
    private readonly IActorRef _inference;

    /// <summary>Not Akka's: its timers come at ticks of 10 ms and more, which is long beside a queue's delay.</summary>
    private readonly ITimer _look;
    private ImmutableArray<Asked> _onDevice = [];
    private TimeSpan _batchBegan;
    private Activity? _span;
    private bool _graceIsOver;

    public PredictorActor(ModelVersionId version, Func<Func<IPredictor>> read, BatchLimits limits, TimeProvider time)
    {
        (_read, _queue, _meter, _version, _time, _began) = (read, new(limits), new(version), version, time, time.GetTimestamp());
        _inference = Context.ActorOf(InferenceActor.Props(), "inference");
        var self = Self;
        _look = time.CreateTimer(_ => self.Tell(Look.Instance), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <param name="read">Reads the weights, on any thread; what it returns opens them on the device's.</param>
    public static Props Props(ModelVersionId version, Func<Func<IPredictor>> read, BatchLimits limits, TimeProvider time) =>
        Akka.Actor.Props.Create(() => new PredictorActor(version, read, limits, time));

    public ITimerScheduler Timers { get; set; } = null!;

    private TimeSpan Now => _time.GetElapsedTime(_began);

    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(e =>
    {
        OnBroken(e.Message);
        return Directive.Stop;
    });

    protected override void PreStart() =>
        Task.Run(_read).PipeTo(Self, success: open => new OpenPredictor(open), failure: e => new ReadingFailed(e.GetBaseException().Message));

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case OpenPredictor opening: _inference.Tell(opening); break;
            case ReadingFailed failed: OnBroken(failed.Reason); break;
            case Predict predict: OnPredict(predict); break;
            case Opened: OnOpened(); break;
            case Inferred inferred: OnInferred(inferred.Logits); break;
            case Look: Turn(); break;
            case RetirePredictor: Timers.StartSingleTimer("grace", GraceOver.Instance, Grace); break;
            case GraceOver: OnGraceOver(); break;
            default: Unhandled(message); break;
        }
    }

    private void OnPredict(Predict predict)
    {
        if (_queue.Offer(new(Sender, predict.Pictures, predict.Trace), predict.Pictures.Length, Now, Now + predict.Patience))
        {
            Turn();
            return;
        }

        _meter.Refuse();
        Sender.Tell(new PredictionRefused());
    }

    private void OnOpened()
    {
        Context.Parent.Tell(new PredictorReady());
        _queue.Free();
        Turn();
    }

    private void OnInferred(float[] logits)
    {
        int pictures = _onDevice.Sum(asked => asked.Pictures.Length), each = logits.Length / pictures, at = 0;
        _meter.Batch(pictures, Now - _batchBegan);
        EndSpan();
        foreach (var asked in _onDevice) asked.Asker.Tell(new Predicted(logits[at..(at += asked.Pictures.Length * each)]));

        _onDevice = [];
        _queue.Free();
        Turn();
    }

    private void Turn()
    {
        var turn = _queue.Turn(Now);
        foreach (var asked in turn.Expired) asked.Asker.Tell(new PredictionExpired());
        _meter.Expire(turn.Expired.Length);
        if (!turn.Batch.IsEmpty)
        {
            (_onDevice, _batchBegan) = (turn.Batch, Now);
            _span = BeginSpan(turn.Batch);
            _inference.Tell(new Infer([.. turn.Batch.SelectMany(asked => asked.Pictures)], _span?.Context ?? default));
        }

        _look.Change(turn.Next is { } next ? WholeMilliseconds(next - Now) : Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _meter.Waits(_queue.Waiting);
        StopIfDone();
    }

    /// <summary>Part of the trace of the request that waited longest, with a link to each of the others.</summary>
    private Activity? BeginSpan(ImmutableArray<Asked> batch) => ProductTracing.IsOn
        ? ProductTracing.Begin(TraceNames.Batch, batch[0].Trace, links: [.. batch.Skip(1).Where(asked => asked.Trace != default).Select(asked => new ActivityLink(asked.Trace))])?
            .SetTag("actortrainer.model", _version.Model.Value).SetTag("actortrainer.version", _version.Version)
            .SetTag("actortrainer.requests", batch.Length).SetTag("actortrainer.pictures", batch.Sum(asked => asked.Pictures.Length))
        : null;

    private void EndSpan(string? problem = null)
    {
        _span?.End(problem);
        _span = null;
    }

    /// <summary>Up, as far as a timer counts: a look that comes too early is one more.</summary>
    private static TimeSpan WholeMilliseconds(TimeSpan left) => TimeSpan.FromMilliseconds(Math.Max(0, Math.Ceiling(left.TotalMilliseconds)));

    private void OnGraceOver()
    {
        _graceIsOver = true;
        StopIfDone();
    }

    private void StopIfDone()
    {
        if (_graceIsOver && _queue.IsIdle) Context.Stop(Self);
    }

    private void OnBroken(string reason)
    {
        EndSpan(reason);
        foreach (var asked in _onDevice.Concat(_queue.Clear())) asked.Asker.Tell(new PredictionFailed(reason));
        Context.Parent.Tell(new PredictorBroken(reason));
        Context.Stop(Self);
    }

    protected override void PostStop()
    {
        _look.Dispose();
        _meter.Waits(0);
    }

    private sealed record Asked(IActorRef Asker, ImmutableArray<ReadOnlyMemory<byte>> Pictures, ActivityContext Trace);

    private sealed record ReadingFailed(string Reason) : INoSerializationVerificationNeeded;

    private sealed record Look : INoSerializationVerificationNeeded
    {
        public static Look Instance { get; } = new();
    }

    private sealed record GraceOver : INoSerializationVerificationNeeded
    {
        public static GraceOver Instance { get; } = new();
    }
}
