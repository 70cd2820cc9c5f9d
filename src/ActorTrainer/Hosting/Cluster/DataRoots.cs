using System.Collections.Immutable;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Models;

namespace ActorTrainer.Hosting.Cluster;

/// <summary>The folders that submitted experiments may take data and weights from, after links. Data sets that were uploaded are named, not located: anybody may take those.</summary>
/// <param name="roots">Null: anywhere.</param>
internal sealed class DataRoots(ImmutableArray<string>? roots)
{
    private const int MaxLinks = 40;
    private readonly ImmutableArray<string>? _roots = roots?.Select(root => RealPath(root)).ToImmutableArray();

    /// <summary>Throws <see cref="DataException"/> for what lies elsewhere.</summary>
    public void Check(ExperimentSettings settings)
    {
        if (_roots is not { } roots) return;
        foreach (string location in Locations(settings).Where(location => !RegisteredData.IsMeant(location)))
        {
            string real = RealPath(location);
            if (roots.Any(root => IsBelow(real, root))) continue;
            throw new DataException(roots.IsEmpty
                ? $"{location}: this node takes no data from its disk, for its file names no folder for that (node.data-roots)."
                : $"{location} is not in a folder that this node takes data from: {string.Join(", ", roots)} (node.data-roots).");
        }
    }

    private static IEnumerable<string> Locations(ExperimentSettings settings)
    {
        foreach (var data in settings.Training.Phases.Select(phase => phase.Data))
        {
            yield return data.Train;
            if (data.Validation is ValidationSource.At at) yield return at.Location;
            if (data.Test is { } test) yield return test;
        }

        if (settings.Model.Pretrained is PretrainedSource.File weights) yield return weights.Location;
    }

    private static bool IsBelow(string path, string root) =>
        path == root || path.StartsWith(Path.EndsInDirectorySeparator(root) ? root : root + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    /// <summary>With every link in it resolved; what is not there (a folder in a zip) stays as it is.</summary>
    internal static string RealPath(string path)
    {
        string full = Path.GetFullPath(path);
        string real = Path.GetPathRoot(full)!;
        var left = new Stack<string>(Parts(full[real.Length..]));
        for (int links = 0; left.TryPop(out string? part);)
        {
            if (part == "..")
            {
                real = Path.GetDirectoryName(real) ?? real;
                continue;
            }

            string next = Path.Combine(real, part);
            if (new FileInfo(next).LinkTarget is not { } target)
            {
                real = next;
                continue;
            }

            if (++links > MaxLinks) throw new DataException($"{path}: more than {MaxLinks} links on the way.");
            foreach (string step in Parts(target)) left.Push(step);
            if (Path.IsPathRooted(target)) real = Path.GetPathRoot(target)!;
        }

        return Path.TrimEndingDirectorySeparator(real);

        static IEnumerable<string> Parts(string text) =>
            text.Split([Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar], StringSplitOptions.RemoveEmptyEntries).Where(part => part != ".").Reverse();
    }
}
