using System.Runtime.Serialization;
using ActorTrainer.Actors.Checkpoints;
using ActorTrainer.Actors.Coordination;
using ActorTrainer.Actors.Evaluation;
using ActorTrainer.Actors.Experiments;
using ActorTrainer.Actors.Serialization;
using ActorTrainer.Actors.Tests.Fakes;
using ActorTrainer.Actors.Nodes;
using ActorTrainer.Actors.Training;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Evaluation;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Experiments.Placement;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Training;
using Akka.Serialization;
using Akka.TestKit.Xunit2;
using static ActorTrainer.Core.Experiments.ExperimentEvents;

namespace ActorTrainer.Actors.Tests.Serialization;

public sealed class SerializationSpec() : TestKit(ActorSpec.Configuration)
{
    private static readonly Generation Generation = new(3);
    private static readonly CheckpointId Checkpoint = new(new(3), new(120));
    private static readonly TrainingCursor Cursor = new(1, 20, new(120), 5);
    private static readonly StepDue Due = new(true, false, true, true);
    private static readonly DateTimeOffset At = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);

    private static readonly Team Team = new(new("some"), Generation, new(120), "5tate", "c0ffee", "f1ngerpr1nt", 8, [new(new(0, 5), "10.0.0.1:4711"), new(new(5, 8), null)], 1, "a2V5");

    private static readonly IWireMessage[] Messages =
    [
        new ExperimentProtocol.PauseExperiment(),
        new ExperimentProtocol.CancelExperiment(),
        new TrainerProtocol.StartTraining(new(Cursor, Checkpoint, null), Team),
        new TrainerProtocol.StartTraining(new(Cursor, null, "5tate", 1, "they differ"), Team),
        new TrainerProtocol.StartTraining(new(Cursor, null, "5tate"), Team, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        new TrainerProtocol.RequestAfterStep(new(2), StepRequest.CheckpointAndRegroup),
        new CoordinatorProtocol.PruneRuns(true),
        new CoordinatorProtocol.Pruned([new("run some.1, set aside", 1024)]),
        new TrainerProtocol.VerdictReached(1, 6, true),
        new TrainerProtocol.TrainingStarted(Generation, new(120)),
        new TrainerProtocol.VerdictNeeded(Generation, 1, 6, 1),
        new TrainerProtocol.SampleSkipped(Generation, "cat/7.jpg", "is truncated"),
        new TrainerProtocol.TrainingFinished(Generation, new(240)),
        new TrainerProtocol.TrainingStopped(Generation, new(121), StepRequest.CheckpointAndStop),
        new TrainerProtocol.TrainingInterrupted(Generation, new(121), "Trainer 1: the connection was closed"),
        new TrainerProtocol.TrainingBroken(Generation, "the device fell off"),
        new SeatProtocol.JoinGeneration(new("some"), Generation, Some.Definition(Some.Plan())),
        new SeatProtocol.AttachToSeat(new("some"), Generation, 17),
        new SeatProtocol.CloseSeat(new("some")),
        new SeatProtocol.CloseSeat(new("some"), Seat: 3),
        new SeatProtocol.SeatPreparing(Generation),
        new SeatProtocol.SeatJoined(Generation, "10.0.0.1:4711", new LiveState(Cursor, "5tate")),
        new SeatProtocol.SeatJoined(Generation, null, null),
        new SeatProtocol.SeatRefused(Generation, "the data are others"),
        new SeatProtocol.SeatAlive(Generation, 18),
        new SeatProtocol.SeatAlive(Generation, 18, Seat: 3),
        new SeatProtocol.SeatEmpty(new("some")),
        new SeatProtocol.SeatSaid(Generation, 18, new TrainerProtocol.TrainingStarted(Generation, new(120))),
        new NodeProtocol.OpenEvaluator(Some.Definition(Some.Plan())),
        new NodeProtocol.EvaluatorReady(new("some")),
        new NodeProtocol.EvaluatorRefused(new("some"), "the evaluator broke down"),
        new NodeProtocol.LeaveExperiment(new("some")),
        new NodeProtocol.ResolveExperiment("experiment { seed = 7 }", Some.Definition(Some.Plan())),
        new NodeProtocol.ResolveExperiment("experiment { seed = 7 }", null),
        new NodeProtocol.ExperimentResolved(Some.Definition(Some.Plan()), ["cat/7.jpg is left out"]),
        new NodeProtocol.ExperimentUnresolved("there is no such folder"),
        new NodeProtocol.DescribeNode(),
        new NodeProtocol.NodeDescribed("CPU, 2 threads", "1.0.0", [new("some")]),
        new NodeProtocol.NodeDescribed("4 Cuda", "1.0.0", [], Seats: 4),
        new CoordinatorProtocol.SubmitExperiment("experiment { seed = 7 }", 3, true),
        new CoordinatorProtocol.ControlExperiment(new("some"), CoordinatorProtocol.Wish.Pause),
        new CoordinatorProtocol.Accepted(new("some"), ["cat/7.jpg is left out"]),
        new CoordinatorProtocol.Rejected("it is under way", true),
        new CoordinatorProtocol.DescribeCluster(),
        new CoordinatorProtocol.ClusterDescribed([new("10.0.0.1:4053~7", ["coordinator", "trainer"], "up", "CPU, 2 threads", new ExperimentName("some")), new("10.0.0.2:4053~8", [], "silent", null, null)], [new("some")]),
        new CoordinatorProtocol.LeaveNode("10.0.0.1:4053~7"),
        new CoordinatorProtocol.NodeMayLeave("10.0.0.1:4053~7"),
        new TrainerProtocol.TrainingFailed(Generation, "the loss is not finite"),
        new CheckpointWriterProtocol.CheckpointWritten(new(Checkpoint, "abc", 12), Cursor, Due),
        new CheckpointWriterProtocol.CheckpointFailed(Checkpoint, "No space left on device"),
        new EvaluatorProtocol.Evaluate(Checkpoint, 1),
        new EvaluatorProtocol.Evaluate(Checkpoint, null),
        new EvaluatorProtocol.EvaluationCompleted(Checkpoint, 1, Some.Metrics()),
        new EvaluatorProtocol.EvaluationFailed(Checkpoint, null, "damaged", true),
        new EvaluatorProtocol.SampleSkipped(null, "cat/7.jpg", "is truncated"),
    ];

    private static readonly IExperimentEvent[] Events =
    [
        new ExperimentCreated(Some.Definition(Some.Plan()), At),
        new CoordinatorTook("host/1", At),
        new OperationalSettingsChanged(Some.Definition(Some.Plan()), [new("experiment.data.prefetch", "4", null)], At),
        new GenerationStarted(Generation, Cursor, Checkpoint, 1, At),
        new GenerationStarted(Generation, TrainingCursor.Start, null, 1, At),
        new GenerationStarted(Generation, Cursor, null, 2, At, [new("10.0.0.1:4053", new(0, 5)), new("10.0.0.2:4053", new(5, 8))], "5tate"),
        new SampleExcluded("train", "cat/7.jpg", "is truncated", At),
        new CheckpointCommitted(Checkpoint, Cursor, "abc", 12, Due, false, At),
        new CheckpointLost(Checkpoint, "is missing", At),
        new CheckpointRetired(Checkpoint, At),
        new EvaluationRecorded(Checkpoint, new EvaluationRow(new(120), 1, 6, Some.Metrics(0.1 + 0.2, double.NaN)), At),
        new PhaseStopped(1, 6, At),
        new TrainingFinished(new(240), At),
        new TestRecorded(Checkpoint, Some.Metrics(), At),
        new ExperimentCompleted("d1gest", At),
        new ExperimentPaused(new(121), At),
        new ExperimentFailed("no space", At),
        new ExperimentCancelled(At),
    ];

    public static TheoryData<int> MessageNumbers => [.. Enumerable.Range(0, Messages.Length)];

    public static TheoryData<int> EventNumbers => [.. Enumerable.Range(0, Events.Length)];

    [Theory]
    [MemberData(nameof(MessageNumbers))]
    public void Every_control_message_survives_the_wire(int number) => VerifyRoundTrip<WireMessageSerializer>(Messages[number]);

    [Theory]
    [MemberData(nameof(EventNumbers))]
    public void Every_event_survives_the_journal(int number) => VerifyRoundTrip<ExperimentEventSerializer>(Events[number]);

    [Fact]
    public void Every_message_of_the_assembly_that_can_cross_has_a_name_and_an_example()
    {
        var all = typeof(IWireMessage).Assembly.GetTypes().Where(type => type is { IsClass: true, IsAbstract: false } && type.IsAssignableTo(typeof(IWireMessage))).ToHashSet();
        Assert.Equal(all, WireMessageSerializer.Known.ToHashSet());
        Assert.Equal(all, Messages.Select(m => m.GetType()).ToHashSet());
    }

    [Fact]
    public void Every_event_has_an_example() => Assert.Equal(ExperimentEventJson.Manifests.Order(), Events.Select(ExperimentEventJson.Manifest).Distinct().Order());

    [Fact]
    public void A_batch_never_leaves_its_process()
    {
        using var batch = new FakeSource().Load(new BatchRequest(1, 0, [1]));
        var serializer = Sys.Serialization.FindSerializerFor(batch);
        Assert.IsType<LocalOnlySerializer>(serializer);
        Assert.Throws<SerializationException>(() => serializer.ToBinary(batch));
    }

    [Theory]
    [InlineData("")]
    [InlineData("System.Diagnostics.Process, System")]
    [InlineData("start-training.2")]
    public void An_unknown_name_is_refused_and_makes_nothing(string manifest)
    {
        foreach (var serializer in new[] { Serializer(Messages[0]), Serializer(Events[0]) })
            Assert.Throws<SerializationException>(() => serializer.FromBinary("{}"u8.ToArray(), manifest));
    }

    [Fact]
    public void Bytes_that_are_no_such_message_are_refused() =>
        Assert.Throws<SerializationException>(() => Serializer(Messages[0]).FromBinary("{\"generation\":"u8.ToArray(), "training-started.1"));

    private SerializerWithStringManifest Serializer(object message) => (SerializerWithStringManifest)Sys.Serialization.FindSerializerFor(message);

    private void VerifyRoundTrip<TSerializer>(object message)
    {
        var serializer = Serializer(message);
        Assert.IsType<TSerializer>(serializer);
        byte[] bytes = serializer.ToBinary(message);
        object back = serializer.FromBinary(bytes, serializer.Manifest(message));
        Assert.Equal(message.GetType(), back.GetType());
        Assert.Equal(bytes, serializer.ToBinary(back));     // arrays compare by reference; their bytes by value
    }
}
