using System.CommandLine;
using System.Text.Json;
using ActorTrainer.Core;
using ActorTrainer.Core.Data;
using ActorTrainer.Data.Packing;
using ActorTrainer.Hosting;
using ActorTrainer.Terminal;

namespace ActorTrainer.Commands;

/// <summary>A data set as a few large files.</summary>
internal static class PackCommand
{
    public static readonly string[] Examples =
    [
        "actortrainer pack ~/photos photos.pack",
        "actortrainer pack ~/photos/train photos-256.pack --as raw --short-side 256",
        "actortrainer pack ~/photos photos-jpeg.pack --as jpeg --short-side 320 --quality 92",
    ];

    public static Command Create(Screen screen, Services services)
    {
        var location = new Argument<string>("DATA") { Description = "A data set as in the experiment file; one with train and test in it is packed with all its parts" };
        var folder = new Argument<string>("OUT") { Description = "The folder to make; data.train = OUT (or OUT/train) uses it" };
        var content = new Option<PackContent>("--as")
        {
            HelpName = "files|jpeg|raw",
            Description = "files (default): their bytes as they are, and the same digests; jpeg: smaller pictures; raw: pixels, nothing left to decode",
        };
        var side = new Option<int?>("--short-side") { HelpName = "PIXELS", Description = "Shrink larger pictures to this (jpeg, raw; default: as they are)" };
        var quality = new Option<int?>("--quality") { HelpName = "1..100", Description = "Of JPEG (default: 95)" };
        var background = new Option<string?>("--background") { HelpName = "#rrggbb", Description = "Behind transparent pixels (jpeg, raw; default: white)" };
        var skip = new Option<bool>("--skip-corrupt") { Description = "Go on where a file can't be decoded; without it that ends the packing" };
        var json = CommonOptions.Json();
        var command = new Command("pack", "Make a few large, checksummed files of a data set, to read fast and to copy easily") { location, folder, content, side, quality, background, skip, json };
        command.SetAction((parsed, cancel) => Task.FromResult(Execute(screen, services, parsed.GetRequiredValue(location), parsed.GetRequiredValue(folder), new(
            parsed.GetValue(content), parsed.GetValue(side), parsed.GetValue(quality) ?? 95, parsed.GetValue(skip) ? CorruptFilePolicy.Skip : CorruptFilePolicy.Fail)
        {
            Background = Colour(parsed.GetValue(background)),
        }, parsed.GetValue(json), cancel)));
        return command;
    }

    private static Rgb Colour(string? text) => text is null ? Rgb.White
        : Rgb.TryParse(text) ?? throw new UsageException($"--background {text}: white, black or #rrggbb is needed.");

    private static int Execute(Screen screen, Services services, string location, string folder, PackOptions options, bool json, CancellationToken cancel)
    {
        if (options.ShortSide is < 1) throw new UsageException("--short-side: at least 1 pixel is needed.");
        if (options.Quality is < 1 or > 100) throw new UsageException("--quality: 1 to 100.");
        if (options.Content == PackContent.Files && options.ShortSide is not null) throw new UsageException("--short-side shrinks pictures, so they can't stay the files they are: choose --as jpeg or --as raw.");
        if (Path.Exists(folder)) throw new UsageException($"{folder} is there already. Choose another name, or remove it first.");
        var parts = Packer.PartsOf(location);
        if (parts.IsEmpty) Pack(location, folder);
        foreach (string part in parts) Pack($"{location}/{part}", Path.Combine(folder, part));
        return ExitCode.Done;

        void Pack(string from, string to)
        {
            using var data = services.Data().Open(from, null, DataProgressLine.On(screen), cancel);
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(to))!);
            var summary = Packer.Pack(data, to, options, DataProgressLine.On(screen), cancel);
            foreach (var problem in summary.Problems) screen.Say($"{problem.Path} {(options.Content == PackContent.Files ? "is packed as it is" : "is left out")}: {problem.Reason}");
            if (json)
            {
                screen.Result(JsonSerializer.Serialize(new
                {
                    Pack = Path.GetFullPath(to), summary.Samples, summary.Classes, summary.Shards, summary.Bytes, Problems = summary.Problems.Select(problem => new { problem.Path, problem.Reason }),
                }, CoreJson.Readable));
                return;
            }

            screen.Result($"{to}: {Format.Count(summary.Samples, "sample")} of {Format.Count(summary.Classes.Length)} classes, {Format.Bytes(summary.Bytes)} in {Format.Count(summary.Shards, "shard")}");
        }
    }
}
