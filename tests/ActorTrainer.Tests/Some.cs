using System.Collections.Immutable;
using ActorTrainer.Actors.Journal;
using ActorTrainer.Core.Evaluation;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Training;
using ActorTrainer.Hosting;
using ActorTrainer.Journal;
using static ActorTrainer.Core.Experiments.ExperimentEvents;

namespace ActorTrainer.Tests;

/// <summary>Values for tests, plain and valid; each test changes what it is about.</summary>
internal static class Some
{
    public static readonly DateTimeOffset Noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Two phases: 2 epochs of 10 steps, then 3 epochs of 10.</summary>
    public static ExperimentDefinition Definition(string name = "birds") => new(
        new(name), new string('c', 64), ImmutableSortedDictionary<string, string>.Empty.Add("experiment.seed", "42"), ["experiment.seed"], "experiment { seed = 42 }",
        new(DeviceKind.Cpu, 0, 2), 1, [Phase("head", 2), Phase("all", 3)], null, "fingerprint", 50);

    private static PhaseData Phase(string name, int epochs) => new(name, epochs, 10, ["crow", "owl <b>", "wren"],
        new("/data/birds/train", new string('a', 64), 320), new("/data/birds/train", new string('a', 64), 80), new("/data/birds/test", new string('b', 64), 100));

    public static EvaluationMetrics Metrics(double top1 = 0.8, double loss = 0.5) => new(9, loss, top1, 1, [3, 0, 0, 1, 2, 0, 0, 1, 2]);

    public static CheckpointCommitted Committed(long step, int generation = 1) => new(
        new(new(generation), new(step)), Cursor(step), new string('d', 64), 1_234_567, new(true, false, true, true), false, Noon);

    public static TrainingCursor Cursor(long step) => step < 20 ? new(0, step, new(step), 0) : new(1, step - 20, new(step), 2);

    public static EvaluationRecorded Evaluated(long step, double top1, double loss = 0.5) =>
        new(new(new(1), new(step)), new(new(step), step <= 20 ? 0 : 1, (int)(step / 10), Metrics(top1, loss)), Noon);

    /// <summary>A whole run of three evaluated checkpoints in the last phase; the best is step 40.</summary>
    public static ImmutableArray<IExperimentEvent> History(string name = "birds") =>
    [
        new ExperimentCreated(Definition(name), Noon), new CoordinatorTook("one", Noon),
        new GenerationStarted(new(1), TrainingCursor.Start, null, 1, Noon),
        new SampleExcluded("train", "crow/<img>.jpg", "it is empty", Noon),
        Committed(30), Evaluated(30, 0.7), Committed(40), Evaluated(40, 0.9, 0.4), Committed(50), Evaluated(50, 0.8),
        new TrainingFinished(new(50), Noon), new TestRecorded(new(new(1), new(40)), Metrics(0.85, 0.6), Noon), new ExperimentCompleted(new string('e', 64), Noon.AddMinutes(1)),
    ];

    public static Experiment Experiment(string name = "birds") => Core.Experiments.Experiment.Of(History(name))!;

    public static RunProgress Progress(int epoch = 1, long step = 1, string phase = "head") =>
        new(phase, 0, 2, epoch, 5, new(step), 50, 1234, 0.123, 0.95, 0.01, TimeSpan.FromSeconds(90), new(3, 4, null));
}

/// <summary>A runs folder of its own with a journal; gone at the end.</summary>
internal sealed class TemporaryRuns : IDisposable
{
    private long _sequence;

    /// <param name="journal">Null: the folder's own.</param>
    public TemporaryRuns(JournalLocation? journal = null)
    {
        Runs = new(Directory.CreateTempSubdirectory("runs-").FullName);
        if (journal is not null) Runs = Runs with { Journal = journal };
        Runs.Journal.Prepare();
    }

    public RunsFolder Runs { get; }
    public RunJournal Journal => new(Runs);

    public TemporaryRuns With(string name, params IEnumerable<IExperimentEvent> events)
    {
        Directory.CreateDirectory(Runs[new(name)].CheckpointFolder);
        foreach (var happened in events)
        {
            Execute("INSERT INTO journal (created, deleted, persistence_id, sequence_number, message, manifest, identifier) VALUES (0, FALSE, @id, @n, @message, @manifest, 1)",
                ("@id", $"experiment-{name}"), ("@n", ++_sequence), ("@message", ExperimentEventJson.Write(happened)), ("@manifest", ExperimentEventJson.Manifest(happened)));
        }

        return this;
    }

    public void Execute(string sql, params (string Name, object Value)[] parameters)
    {
        using var connection = Runs.Journal.OpenForWriting();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = (name, value);
            command.Parameters.Add(parameter);
        }

        command.ExecuteNonQuery();
    }

    public void Dispose() => Directory.Delete(Runs.Path, recursive: true);
}
