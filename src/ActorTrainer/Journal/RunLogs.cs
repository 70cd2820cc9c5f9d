using ActorTrainer.Actors.Hosting;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Hosting;

namespace ActorTrainer.Journal;

/// <summary>What was written of the work on a run: its own log.txt, or, for one that a cluster trains, the lines about it in the nodes' logs, by time.</summary>
internal static class RunLogs
{
    /// <summary>Below the runs folder, a log a node.</summary>
    public const string NodesFolder = ".nodes";

    /// <param name="tail">Only the last lines; null: all.</param>
    public static IEnumerable<string> Read(RunsFolder runs, ExperimentName name, int? tail)
    {
        string own = runs[name].Log;
        var lines = File.Exists(own) ? LinesOf(own) : OfNodes(runs, name);
        return tail is { } last ? lines.TakeLast(last) : lines;
    }

    private static IEnumerable<string> OfNodes(RunsFolder runs, ExperimentName name)
    {
        string folder = Path.Combine(runs.Path, NodesFolder);
        if (!Directory.Exists(folder)) return [];
        return Directory.EnumerateFiles(folder, "*.log").Order(StringComparer.Ordinal)
            .SelectMany(file => LinesOf(file).Select(line => TextAbout(name, line)).OfType<string>().Select(line => (Line: line, Node: Path.GetFileNameWithoutExtension(file))))
            .OrderBy(entry => entry.Line.Split(' ', 2)[0], StringComparer.Ordinal)
            .Select(entry => $"{entry.Line}  [{entry.Node}]");
    }

    /// <summary>Whichever way the node writes; null: the line is not about this experiment.</summary>
    private static string? TextAbout(ExperimentName name, string line)
    {
        if (LogLine.Parse(line) is { } parsed) return parsed.Experiment == name.Value ? parsed.ToText() : null;
        return line.Contains($"[experiment={name}]", StringComparison.Ordinal) || line.Contains($"[experiment={name} ", StringComparison.Ordinal) ? line : null;
    }

    private static IEnumerable<string> LinesOf(string file)
    {
        using var reader = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        while (reader.ReadLine() is { } line) yield return line;
    }
}
