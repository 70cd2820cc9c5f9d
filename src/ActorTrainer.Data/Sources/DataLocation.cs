using ActorTrainer.Core.Data;

namespace ActorTrainer.Data.Sources;

/// <summary>What a location names: a folder, a file, or a place in a zip (<c>data/clipart.zip/train</c>).</summary>
internal static class DataLocation
{
    /// <summary>The files below a folder or below a folder in a zip; null if there is no such place.</summary>
    public static IFileTree? OpenTree(string location)
    {
        if (Directory.Exists(location)) return new FolderTree(location);
        if (FindZip(location) is not var (zip, inside)) return null;
        var tree = new ZipTree(zip, inside);
        if (tree.Files.Count > 0 || inside.Length == 0) return tree;
        tree.Dispose();
        return null;
    }

    /// <summary>The file on the way of this path that is a zip, and what comes after it.</summary>
    public static (string Zip, string Inside)? FindZip(string location)
    {
        string full = Path.GetFullPath(location);
        for (string? candidate = full; candidate is not null; candidate = Path.GetDirectoryName(candidate))
        {
            if (!File.Exists(candidate)) continue;
            if (!candidate.EndsWith(".zip", StringComparison.OrdinalIgnoreCase)) return null;
            return (candidate, full[candidate.Length..].Replace(Path.DirectorySeparatorChar, '/').Trim('/'));
        }

        return null;
    }

    /// <summary>Says that nothing is there, and what is instead.</summary>
    public static DataException Missing(string location)
    {
        if (FindZip(location) is var (zip, inside))
        {
            using var tree = new ZipTree(zip, "");
            var folders = tree.Files.Select(file => file.Path.Split('/')).Where(parts => parts.Length > 1).Select(parts => parts[0]).Where(name => !ImageFiles.IsLitter(name)).Distinct().Take(10);
            return new($"{zip} has no folder '{inside}'. It has: {string.Join(", ", folders)}.");
        }

        for (string? parent = Path.GetDirectoryName(Path.GetFullPath(location)); parent is not null; parent = Path.GetDirectoryName(parent))
        {
            if (File.Exists(parent)) return new($"{location}: {parent} is a file, neither a folder nor a zip.");
            if (!Directory.Exists(parent)) continue;
            var there = Directory.EnumerateFileSystemEntries(parent).Select(Path.GetFileName).Where(name => name is not null and not ['.', ..]).Order(StringComparer.Ordinal).Take(10).ToList();
            return new($"{location} does not exist. {parent} " + (there.Count == 0 ? "is empty." : $"has: {string.Join(", ", there)}."));
        }

        return new($"{location} does not exist.");
    }
}
