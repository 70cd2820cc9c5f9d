using System.Text;
using ActorTrainer.Core.Experiments;
using static ActorTrainer.Core.Experiments.ExperimentEvents;
using static ActorTrainer.Core.Tests.Experiments.History;

namespace ActorTrainer.Core.Tests.Experiments;

/// <summary>Journals of earlier versions must be readable for ever: TestData/events.txt holds their bytes, an event a line.</summary>
public sealed class ExperimentEventJsonSpec
{
    private static readonly IExperimentEvent[] Every =
    [
        Created(), new CoordinatorTook("incarnation", At),
        new OperationalSettingsChanged(Definition(), [new("experiment.data.prefetch", "4", null)], At),
        Started(2, 10, Id(1, 10)), Started(1, 0, null), new SampleExcluded("train", "crow/1.jpg", "caf\u00e9", At), Committed(2, 20), new CheckpointLost(Id(2, 20), "missing", At),
        new CheckpointRetired(Id(1, 10), At), Evaluated(2, 20, 0.1), new PhaseStopped(0, 2, At), new TrainingFinished(new(40), At),
        new TestRecorded(Id(2, 40), Metrics(0.25) with { Loss = double.NaN }, At), new ExperimentCompleted(new string('d', 64), At), new ExperimentPaused(new(20), At),
        new ExperimentFailed("disk full", At), new ExperimentCancelled(At),
        new GenerationStarted(new(3), Cursor(21), null, 2, At, [new("10.0.0.1:4053", new(0, 5)), new("10.0.0.2:4053", new(5, 8))], new string('e', 64)),
    ];

    private static readonly string[] Stored = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "TestData", "events.txt"));

    [Fact]
    public void Every_event_is_written_as_it_always_was() => Assert.Equal(Stored, Every.Select(Line));

    [Fact]
    public void What_was_written_once_is_read_and_means_the_same() => Assert.Equal(Stored, Stored.Select(line => Line(Read(line))));

    [Fact]
    public void No_event_is_forgotten_here()
    {
        Assert.Equal(ExperimentEventJson.Manifests.Order(), Every.Select(ExperimentEventJson.Manifest).Distinct().Order());
        var declared = typeof(ExperimentEvents).GetNestedTypes().Where(type => type.IsAssignableTo(typeof(IExperimentEvent)));
        Assert.Equal(declared.ToHashSet(), Every.Select(happened => happened.GetType()).ToHashSet());
    }

    [Fact]
    public void A_stored_history_folds_to_the_same_state()
    {
        // Definition and status follow from the bytes alone.
        var run = Experiment.Of(Stored.Take(4).Select(Read))!;

        Assert.Equal((ExperimentStatus.Running, new Generation(2), Cursor(10)), (run.Status, run.Generation, run.From));
        Assert.Equal(["crow", "tit"], run.Definition.Phases[0].Classes.AsEnumerable());
    }

    [Theory]
    [InlineData("experiment-created.2", "{}", "does not know")]
    [InlineData("experiment-paused.1", "{}", "can't be read")]
    [InlineData("experiment-paused.1", "null", "is null")]
    [InlineData("experiment-paused.1", "{\"step\":\"x\",\"at\":\"2026-11-24T12:00:00+00:00\"}", "can't be read")]
    [InlineData("experiment-paused.1", "{\"step\":", "can't be read")]
    public void What_is_no_event_is_refused_with_its_name(string name, string json, string message) =>
        Assert.Contains(message, Assert.Throws<FormatException>(() => ExperimentEventJson.Read(name, Encoding.UTF8.GetBytes(json))).Message);

    private static string Line(IExperimentEvent happened) => $"{ExperimentEventJson.Manifest(happened)} {Encoding.UTF8.GetString(ExperimentEventJson.Write(happened))}";

    private static IExperimentEvent Read(string line) =>
        line.Split(' ', 2) is [var name, var json] ? ExperimentEventJson.Read(name, Encoding.UTF8.GetBytes(json)) : throw new FormatException(line);
}
