using System.Runtime.Serialization;
using ActorTrainer.Actors.Checkpoints;
using ActorTrainer.Actors.Evaluation;
using ActorTrainer.Actors.Experiments;
using ActorTrainer.Actors.Serialization;
using ActorTrainer.Actors.Tests.Fakes;
using ActorTrainer.Actors.Training;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Evaluation;
using ActorTrainer.Core.Experiments;
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

    private static readonly IWireMessage[] Messages =
    [
        new ExperimentProtocol.PauseExperiment(),
        new TrainerProtocol.StartTraining(Generation, Cursor, Checkpoint, new ShardRange(0, 8)),
        new TrainerProtocol.StartTraining(Generation, TrainingCursor.Start, null, new ShardRange(0, 1)),
        new TrainerProtocol.RequestStop(),
        new TrainerProtocol.VerdictReached(1, 6, true),
        new TrainerProtocol.TrainingStarted(Generation, new(120)),
        new TrainerProtocol.VerdictNeeded(Generation, 1, 6, 1),
        new TrainerProtocol.SampleSkipped(Generation, "cat/7.jpg", "is truncated"),
        new TrainerProtocol.TrainingFinished(Generation, new(240)),
        new TrainerProtocol.TrainingPaused(Generation, new(121)),
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
