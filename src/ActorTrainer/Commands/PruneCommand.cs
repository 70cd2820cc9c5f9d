using System.Collections.Immutable;
using System.CommandLine;
using ActorTrainer.Client;
using ActorTrainer.Hosting;
using ActorTrainer.Journal;
using ActorTrainer.Terminal;

namespace ActorTrainer.Commands;

/// <summary>Makes room: shows what can go, and removes it if that is agreed to.</summary>
internal static class PruneCommand
{
    public static readonly string[] Examples = ["actortrainer prune", "actortrainer prune --yes --runs /data/runs", "actortrainer prune --server http://127.0.0.1:4080"];

    public static Command Create(Screen screen)
    {
        var runs = CommonOptions.Runs();
        var yes = CommonOptions.Yes();
        var command = new Command("prune", "Remove set-aside runs, and checkpoints of finished runs but the best and the newest") { runs, yes };
        var server = new ServerOptions(command, runs);
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = server.Connect(parsed, screen);
            return client is null ? OfFolder(screen, RunLookup.In(parsed.GetValue(runs)).Runs, parsed.GetValue(yes)) : await OfClusterAsync(screen, client, parsed.GetValue(yes), cancel).ConfigureAwait(false);
        });
        return command;
    }

    private static int OfFolder(Screen screen, RunsFolder runs, bool yes)
    {
        var shelf = new RunShelf(runs, TimeProvider.System);
        var pruning = Pruning.Of(runs, TimeProvider.System, ImmutableHashSet<Core.Experiments.ExperimentName>.Empty);
        var items = pruning.Items(shelf).ToList();
        if (!IsAgreed(screen, items, runs.Path, yes, out int code)) return code;
        pruning.Apply(shelf);
        return Freed(screen, items);
    }

    private static async Task<int> OfClusterAsync(Screen screen, ActorTrainerClient client, bool yes, CancellationToken cancel)
    {
        if (!IsAgreed(screen, Items(await client.Experiments.PrunableAsync(cancel).ConfigureAwait(false)), "the cluster", yes, out int code)) return code;
        return Freed(screen, Items(await client.Experiments.PruneAsync(cancel).ConfigureAwait(false)));

        static List<(string What, long Bytes)> Items(IReadOnlyList<Prunable> items) => [.. items.Select(item => (item.What, item.Bytes))];
    }

    private static bool IsAgreed(Screen screen, IReadOnlyList<(string What, long Bytes)> items, string where, bool yes, out int code)
    {
        code = ExitCode.Done;
        foreach (var (what, bytes) in items) screen.Say($"  {what} ({Format.Bytes(bytes)})");
        if (items.Count == 0)
        {
            screen.Say($"Nothing to prune in {where}.");
            return false;
        }

        if (Consent.Given(screen, yes, $"Remove this for good and free {Format.Bytes(items.Sum(item => item.Bytes))}?")) return true;
        code = ExitCode.Failed;
        return false;
    }

    private static int Freed(Screen screen, IReadOnlyList<(string What, long Bytes)> items)
    {
        screen.Say($"Freed {Format.Bytes(items.Sum(item => item.Bytes))}.");
        return ExitCode.Done;
    }
}
