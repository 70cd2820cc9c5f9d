using System.Collections.Immutable;
using System.Diagnostics;
using ActorTrainer.Benchmarks.Processes;

namespace ActorTrainer.Benchmarks.Compare;

/// <summary>How long until something is there: the help, the first step of an experiment; and what a node costs that has nothing to do.</summary>
/// <param name="idle">How long the node is looked at, after three times as long in which it comes to rest: its code is compiled anew in the first minute.</param>
internal sealed class StartRow(string experiment, TimeSpan idle)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5), Glance = TimeSpan.FromMilliseconds(5);

    public CompareRow Row => new("start",
        [
            new("`--help`, wall time", "s", "at most 0.3"), new("`--help`, processor time", "s", ""),
            new("`run` to its first step on record, wall time", "s", "at most 5"), new("`run` to its first step on record, processor time", "s", ""),
            new($"an idle node of all roles, share of a core over {idle.TotalSeconds:0} s, {3 * idle.TotalSeconds:0} s after its start", "%", "at most 1"),
        ],
        ["actortrainer --help", "actortrainer run config/quickstart.conf", "actortrainer node"], [], TurnAsync);

    private async Task<ImmutableArray<Turn>> TurnAsync(CancellationToken cancel)
    {
        string folder = Directory.CreateTempSubdirectory("actortrainer-start-").FullName;
        try
        {
            var (helpWall, helpProcessor) = await HelpAsync(cancel).ConfigureAwait(false);
            var (runWall, runProcessor) = await FirstStepAsync(Path.Combine(folder, "runs"), cancel).ConfigureAwait(false);
            double share = await IdleAsync(Path.Combine(folder, "idle"), cancel).ConfigureAwait(false);
            return [new(helpWall), new(helpProcessor), new(runWall), new(runProcessor), new(100 * share)];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Processor time is read until the process is gone, so its last tick may be missing.</summary>
    private static async Task<(double Wall, double Processor)> HelpAsync(CancellationToken cancel)
    {
        long began = Stopwatch.GetTimestamp();
        using var process = Programs.Start(Programs.Product, ["--help"]);
        var (output, error) = (process.StandardOutput.ReadToEndAsync(cancel), process.StandardError.ReadToEndAsync(cancel));
        double processor = 0;
        while (!process.HasExited)
        {
            processor = ProcessorOrLast(process.Id, processor);
            await Task.WhenAny(process.WaitForExitAsync(cancel), Task.Delay(Glance, cancel)).ConfigureAwait(false);
        }

        double wall = Stopwatch.GetElapsedTime(began).TotalSeconds;
        await Task.WhenAll(output, error).ConfigureAwait(false);
        return process.ExitCode == 0 ? (wall, processor) : throw new InvalidOperationException($"--help ended with {process.ExitCode}: {await error.ConfigureAwait(false)}");
    }

    private static double ProcessorOrLast(int process, double last)
    {
        try
        {
            return Math.Max(last, ProcessorTime.Of(process));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return last;
        }
    }

    private async Task<(double Wall, double Processor)> FirstStepAsync(string runs, CancellationToken cancel)
    {
        long began = Stopwatch.GetTimestamp();
        using var process = Programs.Start(Programs.Product, ["run", experiment, "--runs", runs, "--json"]);
        var said = process.StandardError.ReadToEndAsync(cancel);
        _ = process.StandardOutput.ReadToEndAsync(cancel);
        try
        {
            string steps = Path.Combine(runs, Path.GetFileNameWithoutExtension(experiment), "metrics.jsonl");
            while (!(File.Exists(steps) && new FileInfo(steps).Length > 0))
            {
                if (process.HasExited) throw new InvalidOperationException($"The run ended before its first step: {await said.ConfigureAwait(false)}");
                if (Stopwatch.GetElapsedTime(began) > Patience) throw new InvalidOperationException($"No step within {Patience.TotalMinutes:0} min.");
                await Task.Delay(Glance, cancel).ConfigureAwait(false);
            }

            return (Stopwatch.GetElapsedTime(began).TotalSeconds, ProcessorTime.Of(process.Id));
        }
        finally
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task<double> IdleAsync(string runs, CancellationToken cancel)
    {
        await using var node = await NodeProcess.StartAsync(runs).ConfigureAwait(false);
        await Task.Delay(3 * idle, cancel).ConfigureAwait(false);
        var (from, began) = (ProcessorTime.Of(node.Id), Stopwatch.GetTimestamp());
        await Task.Delay(idle, cancel).ConfigureAwait(false);
        return (ProcessorTime.Of(node.Id) - from) / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }
}
