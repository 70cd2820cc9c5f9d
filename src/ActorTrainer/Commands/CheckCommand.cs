using System.CommandLine;
using System.Text.Json;
using ActorTrainer.Core;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments;
using ActorTrainer.DataSets;
using ActorTrainer.Hosting;
using ActorTrainer.Terminal;

namespace ActorTrainer.Commands;

/// <summary>What an experiment file means, before anything is trained: the effective configuration or every error; with --data what it will take.</summary>
internal static class CheckCommand
{
    public static readonly string[] Examples = ["actortrainer check photos.conf", "actortrainer check photos.conf --data", "actortrainer check photos.conf --set experiment.seed=7 --json"];

    private sealed record Request(string File, string[] Overrides, bool Data, string? Picture, RunsFolder Runs, bool Json);

    public static Command Create(Screen screen, Services services)
    {
        var file = new Argument<string>("FILE") { Description = "The experiment file" };
        var data = new Option<bool>("--data") { Description = "Read every picture, count the classes, time a few steps of each phase and write one augmented batch as a picture" };
        var picture = new Option<string?>("--picture") { HelpName = "FILE", Description = "Where the picture of the batch goes (default: NAME-batch.png, here)" };
        var set = CommonOptions.Set();
        var runs = CommonOptions.Runs();
        var json = CommonOptions.Json();
        var command = new Command("check", "Show the effective configuration, or every error in it") { file, data, picture, set, runs, json };
        command.SetAction((parsed, cancel) => Task.FromResult(Execute(screen, services, new(
            parsed.GetRequiredValue(file), parsed.GetRequiredValue(set), parsed.GetValue(data), parsed.GetValue(picture), RunsFolder.Choose(parsed.GetValue(runs)), parsed.GetValue(json)), cancel)));
        return command;
    }

    private static int Execute(Screen screen, Services services, Request request, CancellationToken cancel)
    {
        var reading = ExperimentFile.Read(request.File, request.Overrides);
        foreach (var warning in reading.Warnings) screen.Say($"warning: {warning}");
        if (reading.Configuration is not { } configuration)
        {
            screen.Say(ConfigurationProblem.ToText(reading.Errors));
            screen.Say(Format.Count(reading.Errors.Length, "error"));
            if (request.Json) screen.Result(JsonSerializer.Serialize(new { Valid = false, request.File, reading.Errors, reading.Warnings }, CoreJson.Readable));
            return ExitCode.Usage;
        }

        if (!request.Data)
        {
            if (request.Json) screen.Result(JsonSerializer.Serialize(Summary(reading, configuration, null), CoreJson.Readable));
            else screen.Result(configuration.Text.TrimEnd());
            foreach (string missing in Missing(configuration.Settings, new(request.Runs.DataSets, TimeProvider.System))) screen.Say($"warning: {missing} is not there");
            return ExitCode.Done;
        }

        return WithData(screen, services, request, reading, configuration, cancel);
    }

    private static int WithData(Screen screen, Services services, Request request, ExperimentReading reading, ExperimentConfiguration configuration, CancellationToken cancel)
    {
        var (engine, weights, reader) = (services.Engine(), new RunWeights(request.Runs), services.Data());
        using var prepared = new ExperimentPreparation(new RegisteredDataReader(reader, request.Runs), engine, weights).Prepare(
            configuration.Settings, ConfigurationIdentity.Of(configuration), null, DataProgressLine.On(screen), cancel);
        foreach (string notice in prepared.Notices) screen.Say(notice);
        if (prepared.Features.Bytes > 0) reader.RequireFeatureCache(prepared.Features.Bytes);
        var rehearsal = Rehearsal.Of(prepared, engine, weights, cancel);
        var disk = DiskNeed.Of(configuration.Settings.Checkpoint, rehearsal.CheckpointBytes, request.Runs);
        string picture = request.Picture ?? $"{configuration.Settings.Name}-batch.png";
        OutputFile.Write(picture, replace: true, temporary => File.WriteAllBytes(temporary, rehearsal.Picture));
        var classes = ClassCounts(prepared.Data);
        if (request.Json)
        {
            screen.Result(JsonSerializer.Serialize(Summary(reading, configuration, new
            {
                prepared.Definition.Steps, Seconds = rehearsal.Time.TotalSeconds, PeakMemoryBytes = rehearsal.PeakMemory, rehearsal.CheckpointBytes,
                DiskBytes = disk.Needed, FeatureBytes = prepared.Features.Bytes, FreeBytes = disk.Free, Classes = classes, prepared.Notices, Picture = Path.GetFullPath(picture),
            }), CoreJson.Readable));
        }
        else
        {
            screen.Result(configuration.Text.TrimEnd());
            var table = Tables.Create("class", ">training", ">validation", ">test");
            foreach (var entry in classes) table.Row(entry.Name, Format.Count(entry.Training), Format.Count(entry.Validation), Format.Count(entry.Test));
            screen.Out.Write(table);
            screen.Out.Facts(
                ("steps", Format.Count(prepared.Definition.Steps)), ("time", $"about {Format.About(rehearsal.Time)} on this machine"),
                ("memory", Format.Bytes(rehearsal.PeakMemory)), ("disk", $"{Format.Bytes(disk.Needed)} for checkpoints of {Format.Bytes(rehearsal.CheckpointBytes)}; {Format.Bytes(disk.Free)} are free"),
                ("features", prepared.Features.Bytes > 0 ? $"{Format.Bytes(prepared.Features.Bytes)} in the user's cache" : null),
                ("one batch", Path.GetFullPath(picture)));
        }

        return disk.Fits ? ExitCode.Done : throw new CommandException(
            $"The disk of {request.Runs.Path} is too small: {Format.Bytes(disk.Needed)} are needed for checkpoints and {Format.Bytes(disk.Free)} are free. Make room, lower checkpoint.keep-last, or choose another disk with --runs.");
    }

    private static object Summary(ExperimentReading reading, ExperimentConfiguration configuration, object? estimate) => new
    {
        Valid = true, configuration.Settings.Name, ConfigurationHash = configuration.Hash, Settings = configuration.Entries.ToDictionary(entry => entry.Key, entry => entry.Value),
        reading.Warnings, Estimate = estimate,
    };

    /// <summary>Locations where nothing stands. A warning only: the file may be meant for another machine.</summary>
    private static IEnumerable<string> Missing(ExperimentSettings settings, DataSetShelf shelf) => settings.Training.Phases
        .SelectMany(phase => new[] { phase.Data.Train, phase.Data.Test, (phase.Data.Validation as ValidationSource.At)?.Location })
        .OfType<string>().Distinct().Where(location => RegisteredData.Parse(location) is { } registered ? !shelf.Has(registered.Name) : !IsThere(location));

    /// <summary>A place inside a zip is there as far as this looks when the zip is.</summary>
    private static bool IsThere(string? path) =>
        path is not null && (Directory.Exists(path) || File.Exists(path) || Path.GetDirectoryName(path) is { } above && !Directory.Exists(above) && IsThere(above));

    private sealed record ClassCount(string Name, int Training, int Validation, int Test);

    private static List<ClassCount> ClassCounts(ExperimentData data)
    {
        var phase = data.Phases[^1];
        return [.. phase.Classes.Select(name => new ClassCount(
            name, In(phase.Train, phase.TrainSamples, name), In(phase.Validation, phase.ValidationSamples, name),
            data.TestSet is { } test ? In(test, Enumerable.Range(0, test.Manifest.Samples.Length), name) : 0))];

        static int In(IDataSet? set, IEnumerable<int> samples, string name) => set is null ? 0 : samples.Count(i => set.Manifest.Classes[set.Manifest.Samples[i].Class] == name);
    }
}
