using System.CommandLine;
using System.Text.Json;
using ActorTrainer.Client;
using ActorTrainer.Core;
using ActorTrainer.Core.Data;
using ActorTrainer.Terminal;

namespace ActorTrainer.Commands;

/// <summary>The data sets that a cluster keeps: what there is, and one more or less.</summary>
internal static class DataSetsCommand
{
    public static readonly string[] Examples =
    [
        "actortrainer data-sets --server http://127.0.0.1:4080",
        "actortrainer data-sets show photos",
        "actortrainer data-sets upload ~/photos",
        "actortrainer data-sets upload photos-2026.zip --name photos",
        "actortrainer data-sets remove photos",
    ];

    public static Command Create(Screen screen)
    {
        var command = new Command("data-sets", "Show the data sets that a cluster keeps, upload and remove them") { Show(screen), Upload(screen), Remove(screen) };
        var json = CommonOptions.Json();
        command.Options.Add(json);
        var server = new ServerOptions(command, null);
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = Connect(server, parsed, screen);
            return List(screen, await client.DataSets.ListAsync(cancel).ConfigureAwait(false), parsed.GetValue(json));
        });
        return command;
    }

    private static Command Show(Screen screen)
    {
        var name = Name();
        var json = CommonOptions.Json();
        var command = new Command("show", "Show a data set: its parts, their classes and how many pictures each has") { name, json };
        var server = new ServerOptions(command, null);
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = Connect(server, parsed, screen);
            Write(screen, await client.DataSets.ShowAsync(parsed.GetRequiredValue(name), cancel).ConfigureAwait(false), parsed.GetValue(json));
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Upload(Screen screen)
    {
        var path = new Argument<string>("PATH") { Description = "A folder with one folder of pictures a class, or with train, val and test folders of such; or a zip of one" };
        var name = new Option<string?>("--name") { HelpName = "NAME", Description = "How experiments will name it (default: as the folder or zip is called)" };
        var json = CommonOptions.Json();
        var command = new Command("upload", "Send a folder, zipped on its way, or a zip; experiments name it dataset:NAME") { path, name, json };
        var server = new ServerOptions(command, null);
        command.SetAction(async (parsed, cancel) =>
        {
            string from = parsed.GetRequiredValue(path);
            bool isFolder = Directory.Exists(from);
            if (!isFolder && !File.Exists(from)) throw new UsageException($"{from} is not there.");
            string called = parsed.GetValue(name) ?? NameOf(from, isFolder);
            using var client = Connect(server, parsed, screen);
            var line = UploadLine.On(screen, TimeProvider.System);
            DataSet set;
            try
            {
                set = isFolder ? await client.DataSets.UploadFolderAsync(called, from, line, cancel).ConfigureAwait(false) : await FileAsync(client, called, from, line, cancel).ConfigureAwait(false);
            }
            finally
            {
                line?.Clear();
            }

            Write(screen, set, parsed.GetValue(json));
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Remove(Screen screen)
    {
        var name = Name();
        var yes = CommonOptions.Yes();
        var command = new Command("remove", "Remove a data set that no experiment under way is trained on") { name, yes };
        var server = new ServerOptions(command, null);
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = Connect(server, parsed, screen);
            var set = await client.DataSets.ShowAsync(parsed.GetRequiredValue(name), cancel).ConfigureAwait(false);
            string what = $"'{set.Name}' ({Format.Count(set.Pictures, "picture")}, {Format.Bytes(set.Bytes)})";
            if (!Consent.Given(screen, parsed.GetValue(yes), $"Remove {what} from the cluster for good?")) return ExitCode.Failed;
            await client.DataSets.DeleteAsync(set.Name, cancel).ConfigureAwait(false);
            screen.Say($"Removed {what}.");
            return ExitCode.Done;
        });
        return command;
    }

    private static Argument<string> Name() => new("NAME") { Description = "The data set's name" };

    private static ActorTrainerClient Connect(ServerOptions server, ParseResult parsed, Screen screen) =>
        server.Require(parsed, screen, "Data sets are kept by a cluster", "Without one, data.train names a folder or a zip.");

    private static async Task<DataSet> FileAsync(ActorTrainerClient client, string name, string file, IProgress<UploadProgress>? progress, CancellationToken cancel)
    {
        await using var zip = new FileStream(file, new FileStreamOptions { Options = FileOptions.Asynchronous | FileOptions.SequentialScan, BufferSize = 0 });
        return await client.DataSets.UploadAsync(name, zip, progress, cancel).ConfigureAwait(false);
    }

    private static string NameOf(string path, bool isFolder)
    {
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path))).ToLowerInvariant();
        if (!isFolder) name = Path.GetFileNameWithoutExtension(name);
        return DataSetName.IsValid(name) ? name : throw new UsageException($"'{name}' can't be a data set's name: {DataSetName.Rule}. Choose one with --name.");
    }

    private static int List(Screen screen, IReadOnlyList<DataSet> sets, bool json)
    {
        if (json)
        {
            foreach (var set in sets) screen.Result(JsonSerializer.Serialize(set, CoreJson.Readable));
            return ExitCode.Done;
        }

        if (sets.Count == 0)
        {
            screen.Say("No data sets there yet. 'actortrainer data-sets upload PATH' sends one.");
            return ExitCode.Done;
        }

        var table = Tables.Create("name", ">pictures", ">classes", ">size", "parts", "uploaded");
        foreach (var set in sets)
        {
            table.Row(set.Name, Format.Count(set.Pictures), Format.Count(set.Parts.IsEmpty ? 0 : set.Parts[0].Classes.Length), Format.Bytes(set.Bytes),
                string.Join(", ", set.Parts.Select(part => part.Location)), Format.Time(set.Created));
        }

        screen.Out.Write(table);
        return ExitCode.Done;
    }

    private static void Write(Screen screen, DataSet set, bool json)
    {
        if (json)
        {
            screen.Result(JsonSerializer.Serialize(set, CoreJson.Readable));
            return;
        }

        screen.Out.Facts(("data set", set.Name), ("pictures", Format.Count(set.Pictures)), ("size", Format.Bytes(set.Bytes)), ("uploaded", Format.Time(set.Created)));
        foreach (var part in set.Parts)
        {
            screen.Out.Heading(part.Location);
            var table = Tables.Create("class", ">pictures");
            foreach (var entry in part.Classes) table.Row(entry.Name, Format.Count(entry.Pictures));
            screen.Out.Write(table);
        }
    }
}
