using System.Collections.Concurrent;
using ActorTrainer.Actors.Serving;
using ActorTrainer.Actors.Tests.Fakes;
using ActorTrainer.Core.Checkpoints;
using ActorTrainer.Core.Registry;
using ActorTrainer.Core.Serving;
using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using static ActorTrainer.Actors.Serving.PredictorProtocol;

namespace ActorTrainer.Actors.Tests.Serving;

public sealed class PredictorActorSpec() : TestKit(ActorSpec.Configuration)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly ModelVersionId Version = new(new("birds"), "one");
    private readonly FakePredictor _model = new();

    private TestActorRef<Parent> Start(BatchLimits? limits = null, Func<Func<IPredictor>>? read = null, TimeProvider? time = null)
    {
        var probe = TestActor;
        var clock = time ?? TimeProvider.System;
        read ??= () => _model.Open;
        return ActorOfAsTestActorRef<Parent>(Props.Create(() => new Parent(probe, PredictorActor.Props(Version, read, limits ?? new(4, TimeSpan.FromMilliseconds(1), 8), clock))));
    }

    private static Predict Of(params byte[] pixels) => new([.. pixels.Select(pixel => (ReadOnlyMemory<byte>)new[] { pixel })], Patience);

    [Fact]
    public void It_is_ready_once_the_model_has_answered_and_answers_in_order()
    {
        var predictor = Start();
        ExpectMsg<PredictorReady>();
        Assert.Equal([1], _model.Batches);
        predictor.Tell(Of(7, 8), TestActor);
        Assert.Equal([7, -7, 8, -8], ExpectMsg<Predicted>().Logits);
    }

    [Fact]
    public void A_lone_request_waits_for_company_as_long_as_the_queue_says_by_a_clock_that_is_as_fine()
    {
        var time = new NotedTime();
        var predictor = Start(new(4, TimeSpan.FromMilliseconds(3), 8), time: time);
        ExpectMsg<PredictorReady>();

        predictor.Tell(Of(1), TestActor);

        Assert.Equal([1, -1], ExpectMsg<Predicted>().Logits);
        Assert.Contains(time.Due, due => due > TimeSpan.Zero && due <= TimeSpan.FromMilliseconds(3));
    }

    [Fact]
    public void Requests_that_come_while_the_device_is_busy_are_answered_together()
    {
        var predictor = Start();
        ExpectMsg<PredictorReady>();
        _model.Gate.Reset();
        predictor.Tell(Of(1), TestActor);
        AwaitAssert(() => Assert.Equal([1, 1], _model.Batches));
        predictor.Tell(Of(2), TestActor);
        predictor.Tell(Of(3, 4), TestActor);
        predictor.Tell(Of(5, 6), TestActor);
        _model.Gate.Set();
        Assert.Equal([1, -1], ExpectMsg<Predicted>().Logits);
        Assert.Equal([2, -2], ExpectMsg<Predicted>().Logits);
        Assert.Equal([3, -3, 4, -4], ExpectMsg<Predicted>().Logits);
        Assert.Equal([5, -5, 6, -6], ExpectMsg<Predicted>().Logits);
        Assert.Equal([1, 1, 3, 2], _model.Batches);
    }

    [Fact]
    public void Requests_wait_while_it_warms_up_and_are_refused_beyond_the_limit()
    {
        _model.Gate.Reset();
        var predictor = Start(new(4, TimeSpan.Zero, 2));
        predictor.Tell(Of(1), TestActor);
        predictor.Tell(Of(2), TestActor);
        predictor.Tell(Of(3), TestActor);
        ExpectMsg<PredictionRefused>();
        _model.Gate.Set();
        ExpectMsg<PredictorReady>();
        Assert.Equal([1, -1], ExpectMsg<Predicted>().Logits);
        Assert.Equal([2, -2], ExpectMsg<Predicted>().Logits);
    }

    [Fact]
    public void A_request_whose_time_is_over_is_told_so_while_the_device_is_busy()
    {
        _model.Gate.Reset();
        var predictor = Start();
        predictor.Tell(Of(1) with { Patience = TimeSpan.FromMilliseconds(20) }, TestActor);
        ExpectMsg<PredictionExpired>();
        _model.Gate.Set();
    }

    [Fact]
    public void Weights_that_cannot_be_read_fail_what_waits_and_say_why()
    {
        using var reading = new ManualResetEventSlim();
        var predictor = Start(read: () =>
        {
            reading.Wait();
            throw new CheckpointDamagedException(new(new(1), new(40)), "manifest.json is missing");
        });
        predictor.Tell(Of(1), TestActor);
        reading.Set();
        Assert.Contains("manifest.json is missing", ExpectMsg<PredictionFailed>().Reason, StringComparison.Ordinal);
        Assert.Contains("manifest.json is missing", ExpectMsg<PredictorBroken>().Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_that_cannot_be_loaded_fails_what_waits_and_says_why()
    {
        _model.Gate.Reset();
        _model.Broken = new CheckpointDamagedException(new(new(1), new(40)), "weights.safetensors is missing");
        var predictor = Start();
        predictor.Tell(Of(1), TestActor);
        _model.Gate.Set();
        Assert.Contains("weights.safetensors is missing", ExpectMsg<PredictionFailed>().Reason, StringComparison.Ordinal);
        Assert.Contains("weights.safetensors is missing", ExpectMsg<PredictorBroken>().Reason, StringComparison.Ordinal);
        AwaitCondition(() => _model.IsDisposed);
    }

    /// <summary>Hands on what the predictor says to its parent, and what the test says to the predictor.</summary>
    private sealed class Parent : UntypedActor
    {
        private readonly IActorRef _probe, _child;

        public Parent(IActorRef probe, Props child) => (_probe, _child) = (probe, Context.ActorOf(child));

        protected override void OnReceive(object message) => (Sender.Equals(_child) ? _probe : _child).Tell(message, Sender);
    }

    /// <summary>The system's time, which notes what its timers are set to.</summary>
    private sealed class NotedTime : TimeProvider
    {
        public ConcurrentQueue<TimeSpan> Due { get; } = [];

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new Noted(this, base.CreateTimer(callback, state, dueTime, period));

        private sealed class Noted(NotedTime time, ITimer timer) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                time.Due.Enqueue(dueTime);
                return timer.Change(dueTime, period);
            }

            public void Dispose() => timer.Dispose();

            public ValueTask DisposeAsync() => timer.DisposeAsync();
        }
    }
}
