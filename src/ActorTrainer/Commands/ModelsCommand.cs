using System.CommandLine;
using System.Text.Json;
using ActorTrainer.Client;
using ActorTrainer.Core;
using ActorTrainer.Terminal;

namespace ActorTrainer.Commands;

/// <summary>The models that a service answers for: what there is, which version answers, and which is tried beside it.</summary>
internal static class ModelsCommand
{
    public static readonly string[] Examples =
    [
        "actortrainer models --server http://127.0.0.1:4080",
        "actortrainer models show photos",
        "actortrainer models promote photos 3f4f53795662",
        "actortrainer models rollback photos",
        "actortrainer models trial photos 3f4f53795662 --share 0.1",
        "actortrainer models end-trial photos",
        "actortrainer models download photos photos.safetensors",
        "actortrainer models download photos@3f4f53795662 older.safetensors",
    ];

    public static Command Create(Screen screen)
    {
        var command = new Command("models", "Show the models of a service, choose which version answers, and try others beside it")
        {
            Show(screen), Promote(screen), RollBack(screen), Trial(screen), EndTrial(screen), Download(screen),
        };
        var json = CommonOptions.Json();
        command.Options.Add(json);
        var server = new ServerOptions(command, null);
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = Connect(server, parsed, screen);
            return List(screen, await client.Models.ListAsync(cancel).ConfigureAwait(false), parsed.GetValue(json));
        });
        return command;
    }

    private static Command Show(Screen screen) => About(screen, "show", "Show a model: its versions with their metrics, which answers and why, and what was decided", [],
        (models, name, _, cancel) => models.ShowAsync(name, cancel), model => ModelPage.Write(screen.Out, model));

    private static Command Promote(Screen screen)
    {
        var version = Version();
        return About(screen, "promote", "Let a version answer from now on. It is loaded first, so that no request waits for it", [version],
            (models, name, parsed, cancel) => models.PromoteAsync(name, parsed.GetRequiredValue(version), cancel), model => screen.Say($"'{model.Name}': version {model.Answering} answers."));
    }

    private static Command RollBack(Screen screen) => About(screen, "rollback", "Take the last promotion back: the one before it counts again", [],
        (models, name, _, cancel) => models.RollBackAsync(name, cancel), model => screen.Say($"'{model.Name}': version {model.Answering} answers{(model.Promoted is null ? "; none is promoted any more" : " again")}."));

    private static Command Trial(Screen screen)
    {
        var version = Version();
        var share = new Option<double>("--share") { HelpName = "SHARE", Required = true, Description = "Of the requests that name no version: greater than 0, at most 1, such as 0.1" };
        return About(screen, "trial", "Give a version a share of the requests, until the trial is ended or a version promoted", [version, share],
            (models, name, parsed, cancel) => models.BeginCanaryAsync(name, parsed.GetRequiredValue(version), parsed.GetValue(share), cancel),
            model => screen.Say($"'{model.Name}': {ModelPage.TrialOf(model.Canary)}; version {model.Answering} answers the others."));
    }

    private static Command EndTrial(Screen screen) => About(screen, "end-trial", "Give all requests to the version that answers again", [],
        (models, name, _, cancel) => models.EndCanaryAsync(name, cancel), model => screen.Say($"'{model.Name}': the trial has ended; version {model.Answering} answers all requests."));

    private static Command Download(Screen screen)
    {
        var reference = new Argument<string>("NAME") { HelpName = "NAME[@VERSION]", Description = "The model, and which of its versions (default: the one that answers)" };
        var file = new Argument<string>("FILE") { Description = "Where to: a .safetensors file" };
        var force = new Option<bool>("--force") { Description = "Replace a file that is there" };
        var json = CommonOptions.Json();
        var command = new Command("download", "Fetch a version's weights, compared with the SHA-256 that the service has of them") { reference, file, force, json };
        var server = new ServerOptions(command, null);
        command.SetAction(async (parsed, cancel) =>
        {
            string[] parts = parsed.GetRequiredValue(reference).Split('@', 2);
            string model = CommonOptions.ParseName(parts[0]).Value, to = parsed.GetRequiredValue(file);
            using var client = Connect(server, parsed, screen);
            using var output = new OutputFile(to, parsed.GetValue(force));
            ModelVersion version;
            long bytes;
            await using (var stream = new FileStream(output.Draft, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Options = FileOptions.Asynchronous }))
            {
                version = await client.Models.DownloadWeightsAsync(model, stream, parts.ElementAtOrDefault(1), cancel: cancel).ConfigureAwait(false);
                bytes = stream.Length;
            }

            output.Keep();
            if (parsed.GetValue(json)) screen.Result(JsonSerializer.Serialize(version, CoreJson.Readable));
            else screen.Say($"Wrote {to} ({Format.Bytes(bytes)}): version {version.Version} of '{model}'.");
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>A command about one model: what it asks of the service, and what is told of the model as it is from then on.</summary>
    /// <param name="more">Its arguments and options besides the model's name.</param>
    private static Command About(Screen screen, string verb, string description, ReadOnlySpan<Symbol> more, Func<ModelsClient, string, ParseResult, CancellationToken, Task<ModelDetails>> ask, Action<ModelDetails> tell)
    {
        var name = new Argument<string>("NAME") { Description = "The model's name, which is its run's" };
        var json = CommonOptions.Json();
        var command = new Command(verb, description) { name };
        foreach (var symbol in more)
        {
            if (symbol is Argument argument) command.Arguments.Add(argument);
            else command.Options.Add((Option)symbol);
        }

        command.Options.Add(json);
        var server = new ServerOptions(command, null);
        command.SetAction(async (parsed, cancel) =>
        {
            string asked = CommonOptions.ParseName(parsed.GetRequiredValue(name)).Value;
            using var client = Connect(server, parsed, screen);
            var model = await ask(client.Models, asked, parsed, cancel).ConfigureAwait(false);
            if (parsed.GetValue(json)) screen.Result(JsonSerializer.Serialize(model, CoreJson.Readable));
            else tell(model);
            return ExitCode.Done;
        });
        return command;
    }

    private static Argument<string> Version() => new("VERSION") { Description = "One of its versions, as 'models show' lists them" };

    private static ActorTrainerClient Connect(ServerOptions server, ParseResult parsed, Screen screen) =>
        server.Require(parsed, screen, "Models are answered for by a service", "'actortrainer serve' starts one for a runs folder.");

    private static int List(Screen screen, IReadOnlyList<ModelSummary> models, bool json)
    {
        if (json)
        {
            foreach (var model in models) screen.Result(JsonSerializer.Serialize(model, CoreJson.Readable));
            return ExitCode.Done;
        }

        if (models.Count == 0)
        {
            screen.Say("No models there yet. A run that has completed is a model of its own name.");
            return ExitCode.Done;
        }

        var table = Tables.Create("name", "answers", "chosen by", "on trial", ">share", ">versions", "rule of the newest");
        foreach (var model in models)
        {
            table.Row(model.Name, model.Answering, model.Promoted is null ? "being the newest" : "promotion", model.Canary?.Version ?? "-", model.Canary is { } trial ? ModelPage.Share(trial.Share) : "-",
                Format.Count(model.Versions.Length), model.PromoteIf ?? "-");
        }

        screen.Out.Write(table);
        return ExitCode.Done;
    }
}
