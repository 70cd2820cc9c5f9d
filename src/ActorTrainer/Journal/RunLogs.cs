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

    /// <summary>Where actors of a run write, their path has its name.</summary>
    private static IEnumerable<string> OfNodes(RunsFolder runs, ExperimentName name)
    {
        string folder = Path.Combine(runs.Path, NodesFolder);
        if (!Directory.Exists(folder)) return [];
        string mark = $"experiment-{name}";
        return Directory.EnumerateFiles(folder, "*.log").Order(StringComparer.Ordinal)
            .SelectMany(file => LinesOf(file).Where(line => Names(line, mark)).Select(line => (Line: line, Node: Path.GetFileNameWithoutExtension(file))))
            .OrderBy(entry => entry.Line.Split(' ', 2)[0], StringComparer.Ordinal)
            .Select(entry => $"{entry.Line}  [{entry.Node}]");
    }

    /// <summary>As a whole: <c>experiment-a</c> is not in <c>experiment-ab</c>.</summary>
    private static bool Names(string line, string mark)
    {
        for (int at = line.IndexOf(mark, StringComparison.Ordinal); at >= 0; at = line.IndexOf(mark, at + 1, StringComparison.Ordinal))
        {
            string rest = line[(at + mark.Length)..];
            if (rest.Length == 0 || !char.IsLetterOrDigit(rest[0]) && rest[0] is not ('.' or '_' or '-') || IsStart(rest)) return true;
        }

        return false;
    }

    /// <summary>An actor's name ends with how many times it was started.</summary>
    private static bool IsStart(string rest) => rest.Length > 1 && rest[0] == '-' && char.IsAsciiDigit(rest[1]) && rest.IndexOfAny(['/', ' ', ']', '#']) is var end
        && (end < 0 ? rest[1..] : rest[1..end]).All(char.IsAsciiDigit);

    private static IEnumerable<string> LinesOf(string file)
    {
        using var reader = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        while (reader.ReadLine() is { } line) yield return line;
    }
}
