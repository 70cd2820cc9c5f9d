using System.Collections.Immutable;
using System.CommandLine;
using ActorTrainer.Torch.Devices;

namespace ActorTrainer.Benchmarks.Compare;

/// <summary>The product and its peers in turns, as a table for docs/performance.md.</summary>
internal static class CompareCommand
{
    public static Command Create()
    {
        var n = new Option<int>("--n") { DefaultValueFactory = _ => 5, Description = "Turns of each" };
        var rows = new Option<string?>("--rows") { HelpName = "a,b", Description = "Of step, loader, packed, allreduce, ddp, features, overhead, memory, start; default: all" };
        var output = new Option<string>("--output") { DefaultValueFactory = _ => "compare.md", HelpName = "FILE", Description = "Where the table goes" };
        var experiment = new Option<string>("--experiment") { DefaultValueFactory = _ => "config/quickstart.conf", HelpName = "FILE", Description = "The quickstart's experiment file" };
        var pictures = new Option<string>("--pictures") { DefaultValueFactory = _ => Path.Combine(Path.GetTempPath(), "actortrainer-pictures"), HelpName = "FOLDER", Description = "JPEGs for the loaders; made by peers/make_jpegs.py where it is not there" };
        var threads = new Option<int>("--threads") { DefaultValueFactory = _ => Environment.ProcessorCount };
        var quick = new Option<bool>("--quick") { Description = "Tiny sizes: that it runs, no numbers to show" };
        var command = new Command("compare", "The product and its peers in turns, as a table") { n, rows, output, experiment, pictures, threads, quick };
        command.SetAction(async (parsed, cancel) =>
        {
            NativeEnvironment.Prepare();
            var all = new CompareRows(parsed.GetValue(quick) ? CompareSizes.Quick : CompareSizes.Default, Path.GetFullPath(parsed.GetRequiredValue(experiment)), Path.GetFullPath(parsed.GetRequiredValue(pictures)), parsed.GetValue(threads)).All;
            if (parsed.GetValue(n) < 1 || Chosen(all, parsed.GetValue(rows)) is not { } chosen)
            {
                await Console.Error.WriteLineAsync($"--n is at least 1, --rows are of {string.Join(",", all.Select(row => row.Name))}.").ConfigureAwait(false);
                return 2;
            }

            string table = await MeasureAsync(chosen, parsed.GetValue(n), cancel).ConfigureAwait(false);
            await File.WriteAllTextAsync(parsed.GetRequiredValue(output), table, cancel).ConfigureAwait(false);
            await Console.Out.WriteAsync(table).ConfigureAwait(false);
            return 0;
        });
        return command;
    }

    /// <summary>A turn of every row, then the next: what disturbs the machine for a while disturbs no row alone.</summary>
    private static async Task<string> MeasureAsync(ImmutableArray<CompareRow> rows, int turns, CancellationToken cancel)
    {
        var before = Machine.Here();
        string? peers = await Peers.VersionsAsync(["torch", "torchvision"], cancel).ConfigureAwait(false) ?? await Peers.VersionsAsync(["torch"], cancel).ConfigureAwait(false);
        var leftOut = new Dictionary<string, string?>();
        foreach (var row in rows) leftOut[row.Name] = row.NeedsPeer.IsEmpty || await Peers.VersionsAsync(row.NeedsPeer, cancel).ConfigureAwait(false) is not null ? null : $"{Peers.Python} can't import {string.Join(", ", row.NeedsPeer)}";
        var measured = rows.ToDictionary(row => row.Name, _ => new List<ImmutableArray<Turn>>());
        for (int turn = 1; turn <= turns; turn++)
        {
            foreach (var row in rows.Where(row => leftOut[row.Name] is null))
            {
                await Console.Error.WriteLineAsync($"turn {turn} of {turns}: {row.Name}").ConfigureAwait(false);
                measured[row.Name].Add(await row.TurnAsync(cancel).ConfigureAwait(false));
            }
        }

        return CompareTable.Of(before, Machine.Here(), peers, turns, [.. rows.Select(row => new MeasuredRow(row, [.. measured[row.Name]], leftOut[row.Name]))]);
    }

    /// <summary>Null: a name is none of a row.</summary>
    private static ImmutableArray<CompareRow>? Chosen(ImmutableArray<CompareRow> all, string? names)
    {
        if (names is null) return all;
        string[] wanted = names.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return wanted.Length > 0 && wanted.All(name => all.Any(row => row.Name == name)) ? [.. all.Where(row => wanted.Contains(row.Name))] : null;
    }
}
