using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using ActorTrainer.Core;
using ActorTrainer.Core.Evaluation;
using ActorTrainer.Data.Inputs;
using ActorTrainer.Hosting;
using ActorTrainer.Journal;
using ActorTrainer.Serving;
using ActorTrainer.Terminal;

namespace ActorTrainer.Commands;

/// <summary>Labels with probabilities, a line a picture. A picture that can't be read costs the exit code, not the others.</summary>
internal static class PredictCommand
{
    public static readonly string[] Examples =
    [
        "actortrainer predict quickstart config/data/digits/7.png",
        "actortrainer predict photos ~/new/*.jpg --top 3",
        "actortrainer predict photos archive.zip --csv > labels.csv",
        "actortrainer predict photos ~/new --server http://127.0.0.1:4080,http://127.0.0.1:4081",
    ];

    public static Command Create(Screen screen, Services services)
    {
        var reference = CommonOptions.Reference();
        var paths = new Argument<string[]>("PATH") { Arity = ArgumentArity.OneOrMore, Description = "Pictures, folders or zips of them, entries of zips" };
        var top = new Option<int>("--top") { HelpName = "K", Description = "Labels a picture", DefaultValueFactory = _ => 1 };
        var csv = new Option<bool>("--csv") { Description = "Write comma-separated values" };
        var json = CommonOptions.Json();
        var runs = CommonOptions.Runs();
        var command = new Command("predict", "Say what pictures show (by the best checkpoint unless another is chosen; at a cluster, by the version that answers, or by NAME@VERSION)") { reference, paths, top, csv, json, runs };
        var server = new ServerOptions(command, runs);
        command.SetAction(async (parsed, cancel) =>
        {
            if (parsed.GetValue(csv) && parsed.GetValue(json)) throw new UsageException("--csv and --json exclude each other.");
            if (parsed.GetValue(top) < 1) throw new UsageException("--top: 1 or more is needed.");
            IPredictionWriter writer = parsed.GetValue(json) ? new JsonPredictions(screen) : parsed.GetValue(csv) ? new CsvPredictions(screen) : new PlainPredictions(screen);
            using var client = server.Connect(parsed, screen);
            return client is null
                ? Execute(screen, services, RunLookup.In(parsed.GetValue(runs)), parsed.GetRequiredValue(reference), parsed.GetRequiredValue(paths), parsed.GetValue(top), writer, cancel)
                : await new ClusterPredictions(screen, client, writer, parsed.GetValue(top)).PredictAsync(parsed.GetRequiredValue(reference), parsed.GetRequiredValue(paths), cancel).ConfigureAwait(false);
        });
        return command;
    }

    private static int Execute(
        Screen screen, Services services, RunLookup lookup, string reference, string[] paths, int top, IPredictionWriter writer, CancellationToken cancel)
    {
        var (run, _, content) = lookup.FindCheckpoint(reference, CheckpointChoice.Best);
        using var data = ImageInputs.Open(paths);
        using var model = LoadedModel.Open(services, lookup.Runs, run, content, screen.Say);
        bool allRead = true;
        foreach (var answer in model.Answer(data, default, cancel))
        {
            var unreadable = answer.Excluded.ToDictionary(problem => problem.Sample);
            for (int i = 0; i < answer.Samples.Length; i++)
            {
                string file = data.Manifest.Samples[answer.Samples[i]].Path;
                if (unreadable.TryGetValue(answer.Samples[i], out var problem))
                {
                    allRead = false;
                    screen.Say($"{file}: {problem.Reason}");
                    writer.Unreadable(file, problem.Reason);
                }
                else
                {
                    writer.Predicted(file, [.. Ranking.Top(answer.Of(i), top).Select(best => new Prediction(model.Description.Classes[best.Class], best.Probability))]);
                }
            }
        }

        return allRead ? ExitCode.Done : ExitCode.Failed;
    }
}

internal interface IPredictionWriter
{
    void Predicted(string file, IReadOnlyList<Prediction> predictions);
    void Unreadable(string file, string reason);
}

internal sealed class PlainPredictions(Screen screen) : IPredictionWriter
{
    public void Predicted(string file, IReadOnlyList<Prediction> predictions) =>
        screen.Result($"{file}  {string.Join("  ", predictions.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Label} {p.Probability:0.000}")))}");

    public void Unreadable(string file, string reason)
    {
    }
}

internal sealed class JsonPredictions(Screen screen) : IPredictionWriter
{
    public void Predicted(string file, IReadOnlyList<Prediction> predictions) =>
        screen.Result(JsonSerializer.Serialize(new { File = file, Predictions = predictions }, CoreJson.Readable));

    public void Unreadable(string file, string reason) =>
        screen.Result(JsonSerializer.Serialize(new { File = file, Predictions = Array.Empty<Prediction>(), Error = reason }, CoreJson.Readable));
}

/// <summary>RFC 4180: a row a picture, two columns a label.</summary>
internal sealed class CsvPredictions(Screen screen) : IPredictionWriter
{
    private bool _begun;

    public void Predicted(string file, IReadOnlyList<Prediction> predictions)
    {
        if (!_begun) screen.Result(string.Join(',', Enumerable.Range(1, predictions.Count).SelectMany(i => Header(i)).Prepend("file")));
        _begun = true;
        screen.Result(string.Join(',', predictions.SelectMany(p => new[] { Quote(p.Label), p.Probability.ToString("R", CultureInfo.InvariantCulture) }).Prepend(Quote(file))));
    }

    public void Unreadable(string file, string reason)
    {
    }

    private static string[] Header(int place) => place == 1 ? ["label", "probability"] : [$"label_{place}", $"probability_{place}"];

    private static string Quote(string text) =>
        text.AsSpan().ContainsAny(",\"\r\n") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
}
