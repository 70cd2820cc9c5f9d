using System.Diagnostics;
using ActorTrainer.Actors.Experiments;
using ActorTrainer.Actors.Serving;
using ActorTrainer.Actors.Tests.Fakes;
using ActorTrainer.Actors.Tracing;
using ActorTrainer.Actors.Training;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Registry;
using ActorTrainer.Core.Training;
using Akka.Actor;
using Akka.TestKit.Xunit2;
using Microsoft.Extensions.Time.Testing;
using static ActorTrainer.Actors.Experiments.ExperimentProtocol;
using static ActorTrainer.Core.Experiments.ExperimentEvents;

namespace ActorTrainer.Actors.Tests.Tracing;

public sealed class TracingSpec() : TestKit(ActorSpec.Configuration)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly Spans _spans = new();

    protected override void AfterAll()
    {
        _spans.Dispose();
        base.AfterAll();
    }

    [Fact]
    public void A_run_is_one_trace_of_its_generation_steps_checkpoints_and_evaluations()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(ExperimentEnded));
        var world = new World(Some.Plan(epochs: 2));
        Sys.ActorOf(ExperimentActor.Props(world.Parts(world.Crew(Sys))));
        var experiment = FishForMessage<ExperimentEnded>(_ => true, Patience).Experiment;

        var spans = _spans.Of(ExperimentTrace.IdOf(experiment.Definition.Name, experiment.CreatedAt));
        var root = Assert.Single(spans, span => span.OperationName == TraceNames.Experiment);
        var generation = Assert.Single(spans, span => span.OperationName == TraceNames.Generation);
        Assert.Equal((default(ActivitySpanId), root.SpanId), (root.ParentSpanId, generation.ParentSpanId));
        var step = Assert.Single(spans, span => span.OperationName == TraceNames.Step);       // eight, within one interval
        Assert.Equal((generation.SpanId, 1L, "some"), (step.ParentSpanId, step.GetTagItem("actortrainer.step"), step.GetTagItem("actortrainer.experiment")));
        foreach (string part in new[] { "decode", "wait", "forward", "backward", "exchange", "update", "save" }) Assert.IsType<double>(step.GetTagItem($"actortrainer.{part}_ms"));
        var checkpoints = spans.Where(span => span.OperationName == TraceNames.Checkpoint).ToList();
        Assert.Equal([4L, 8L], checkpoints.Select(span => (long)span.GetTagItem("actortrainer.step")!));
        Assert.All(checkpoints, span => Assert.Equal(generation.SpanId, span.ParentSpanId));
        var evaluations = spans.Where(span => span.OperationName == TraceNames.Evaluation).ToList();
        Assert.Equal([0, 0, null], evaluations.Select(span => (int?)span.GetTagItem("actortrainer.phase")));      // the last is the test
        Assert.All(evaluations, span => Assert.Equal(root.SpanId, span.ParentSpanId));
        Assert.DoesNotContain(spans, span => span.Status == ActivityStatusCode.Error);
        Assert.Null(Activity.Current);
    }

    [Fact]
    public void Another_coordinator_goes_on_in_the_same_trace_and_what_broke_is_an_error()
    {
        var created = new ExperimentCreated(Some.Definition(Some.Plan(), name: "traced"), new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero));
        var took = new CoordinatorTook("a", created.At);
        var state = Experiment.Apply(Experiment.Apply(null, created), took);
        var started = new GenerationStarted(new(1), TrainingCursor.Start, null, 1, created.At);
        var (first, second) = (new ExperimentTrace(), new ExperimentTrace());
        first.Happened(state, took);
        first.Happened(Experiment.Apply(state, started), started);
        Assert.Equal(first.Experiment![..35], first.Generation![..35]);
        first.EndGeneration("the cable was pulled");
        second.Happened(state, took);
        second.Happened(state, new ExperimentFailed("the disk is full", created.At));

        var spans = _spans.Of(ExperimentTrace.IdOf(new("traced"), created.At));
        Assert.Equal([(TraceNames.Generation, "the cable was pulled"), (TraceNames.Experiment, "the disk is full")], spans.Select(span => (span.OperationName, span.StatusDescription)));
        Assert.All(spans, span => Assert.Equal(ActivityStatusCode.Error, span.Status));
    }

    [Fact]
    public void Of_steps_the_first_of_a_generation_is_told_and_then_at_most_one_in_five_seconds()
    {
        var time = new FakeTimeProvider(new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero));
        var trace = new TrainingTrace(time);
        trace.Begin(Team(1), null);
        var id = trace.Generation.TraceId;
        for (int step = 1; step <= 12; step++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            trace.Step(Line(step));
        }

        trace.Begin(Team(2), $"00-{id}-b7ad6b7169203331-01");
        trace.Step(Line(13));
        var spans = _spans.Of(id);
        Assert.Equal([1L, 6L, 11L, 13L], spans.Select(span => (long)span.GetTagItem("actortrainer.step")!));
        Assert.Equal("b7ad6b7169203331", spans[^1].ParentSpanId.ToHexString());
        Assert.All(spans, span => Assert.Equal(21, span.Duration.TotalMilliseconds));
        Assert.Equal(time.GetUtcNow().UtcDateTime - TimeSpan.FromMilliseconds(21), spans[^1].StartTimeUtc);

        static Team Team(int generation) => new(new("some"), new(generation), StepNumber.Zero, "", "c0ffee", "f1ngerpr1nt", 1, [new(ShardRange.All(1), null)], 0, "");
        static StepRecord Line(int step) => new(1, new(step), 0.5, 0.1, 100, 0, 0.9, new(7, 1, 2, 3, 4, 5, 6));
    }

    [Fact]
    public void A_batch_is_part_of_its_first_request_s_trace_and_linked_to_the_others()
    {
        var model = new FakePredictor();
        model.Gate.Reset();
        var predictor = Sys.ActorOf(PredictorActor.Props(new ModelVersionId(new("birds"), "one"), () => model.Open, new(4, TimeSpan.FromMilliseconds(1), 8), TimeProvider.System));
        var (one, other) = (Request(), Request());
        predictor.Tell(Predict(one));
        predictor.Tell(Predict(other));
        predictor.Tell(Predict(default));
        model.Gate.Set();
        for (int i = 0; i < 3; i++) ExpectMsg<PredictorProtocol.Predicted>(Patience);

        AwaitAssert(() => Assert.Equal(2, _spans.Of(one.TraceId).Length));
        var (forward, batch) = (_spans.Of(one.TraceId)[0], _spans.Of(one.TraceId)[1]);
        Assert.Equal((TraceNames.Forward, TraceNames.Batch), (forward.OperationName, batch.OperationName));
        Assert.Equal((batch.SpanId, one.SpanId), (forward.ParentSpanId, batch.ParentSpanId));
        Assert.Equal(other, Assert.Single(batch.Links).Context);
        Assert.Equal((3, 3, "birds"), (batch.GetTagItem("actortrainer.requests"), batch.GetTagItem("actortrainer.pictures"), batch.GetTagItem("actortrainer.model")));

        static ActivityContext Request() => new(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded);
        static PredictorProtocol.Predict Predict(ActivityContext trace) => new([new byte[] { 1 }], Patience, trace);
    }
}
