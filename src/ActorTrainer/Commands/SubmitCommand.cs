using System.CommandLine;
using System.Text.Json;
using ActorTrainer.Core;
using ActorTrainer.Terminal;

namespace ActorTrainer.Commands;

/// <summary>Hands an experiment to a cluster. What the file means is settled here: includes, environment and relative paths are the client's.</summary>
internal static class SubmitCommand
{
    public static readonly string[] Examples =
    [
        "actortrainer submit photos.conf --server http://127.0.0.1:4080",
        "actortrainer submit photos.conf --server https://10.0.0.1:4080 --authority ca.pem --set experiment.seed=2 --wait",
    ];

    public static Command Create(Screen screen)
    {
        var file = new Argument<string>("FILE") { Description = "The experiment file; its data and weights are where the nodes see them under the same path" };
        var set = CommonOptions.Set();
        var wait = new Option<bool>("--wait") { Description = "Stay and show how it goes, as 'run' does; Ctrl-C leaves it going" };
        var priority = new Option<int>("--priority") { HelpName = "N", Description = "Who is given trainers first where there are too few: the higher (default: 0)" };
        var machine = new Option<bool>("--accept-machine") { Description = "Go on although the nodes compute other bits than those that the run was begun on" };
        var json = CommonOptions.Json();
        var command = new Command("submit", "Hand an experiment to a cluster; said again, it resumes") { file, set, wait, priority, machine, json };
        var server = new ServerOptions(command, null);
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = server.Require(parsed, screen, "submit needs a cluster", "'actortrainer run FILE' trains here, without one.");
            var configuration = ConfigurationReader.Read(screen, parsed.GetRequiredValue(file), parsed.GetRequiredValue(set));
            var accepted = await client.Experiments.SubmitAsync(configuration.Text, parsed.GetValue(priority), parsed.GetValue(machine), cancel).ConfigureAwait(false);
            foreach (string notice in accepted.Notices) screen.Say(notice);
            string shown = server.Shown(parsed);
            if (parsed.GetValue(wait)) return await ClusterView.WatchAsync(screen, client, new(accepted.Name), parsed.GetValue(json), shown, accepted.Sequence, cancel).ConfigureAwait(false);
            if (parsed.GetValue(json)) screen.Result(JsonSerializer.Serialize(new { accepted.Name, accepted.Notices }, CoreJson.Readable));
            else screen.Say($"The cluster has taken '{accepted.Name}' on. 'actortrainer watch {accepted.Name}{shown}' shows how it goes.");
            return ExitCode.Done;
        });
        return command;
    }
}
