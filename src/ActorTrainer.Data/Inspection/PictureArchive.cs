using System.Collections.Immutable;
using ActorTrainer.Core.Data;
using ActorTrainer.Data.Decoding;
using ActorTrainer.Data.Sources;

namespace ActorTrainer.Data.Inspection;

/// <summary>What a zip that a stranger sends may hold. It is never unpacked, so what is bounded is the work and the memory of whoever reads it.</summary>
/// <param name="UnpackedBytes">Of all files together, as the zip says and as it is held to.</param>
/// <param name="PictureBytes">Of one file.</param>
/// <param name="Pixels">Of one picture.</param>
public sealed record ArchiveLimits(int Entries, long UnpackedBytes, long PictureBytes, long Pixels);

/// <summary>Class folders that stand side by side.</summary>
/// <param name="Name">Such as <c>train</c>; empty where the archive has no parts.</param>
/// <param name="Folder">Where they stand in the archive; empty: at its top.</param>
public sealed record ArchivePart(string Name, string Folder, ImmutableArray<ClassCount> Classes);

/// <summary>
/// A zip of class folders, or of <c>train</c>, <c>val</c> and <c>test</c> folders of such, perhaps in a folder of its own: what it holds, by its directory alone. Entries that lead out,
/// links, and encrypted or doubled entries are refused by <see cref="ZipDirectory"/>.
/// </summary>
public sealed class PictureArchive : IDisposable
{
    private const int Told = 5;

    private readonly ZipTree _tree;
    private readonly ImmutableArray<TreeFile> _pictures;

    private PictureArchive(ZipTree tree)
    {
        _tree = tree;
        _pictures = [.. tree.Files.Where(file => ImageFiles.IsImage(file.Path))];
        string root = RootOf(_pictures);
        var below = _pictures.Where(file => file.Path.StartsWith(root, StringComparison.Ordinal)).Select(file => file.Path[root.Length..]).ToList();
        var parts = DataParts.Of(below);
        Parts = [.. (parts.IsEmpty ? [""] : parts).Select(part => PartOf(root, part, below)).Where(part => !part.Classes.IsEmpty)];
    }

    /// <summary>Training first. One without a name: the class folders stand in the archive itself.</summary>
    public ImmutableArray<ArchivePart> Parts { get; }

    /// <summary>Throws <see cref="DataException"/> for what is no zip, or one that is not to be trusted.</summary>
    public static PictureArchive Open(string zip)
    {
        var tree = new ZipTree(zip, "");
        try
        {
            return new(tree);
        }
        catch
        {
            tree.Dispose();
            throw;
        }
    }

    public void Dispose() => _tree.Dispose();

    /// <summary>
    /// Reads everything once: sizes, checksums, and of each picture its header. Throws <see cref="DataException"/> with the first few that are wrong; a data set that was taken can be trained on,
    /// unless a picture is damaged in its middle.
    /// </summary>
    public void Check(ArchiveLimits limits, CancellationToken cancel)
    {
        if (_tree.Files.Count > limits.Entries) throw new DataException($"It has {_tree.Files.Count:N0} files; {limits.Entries:N0} are taken at most.");
        long unpacked = 0;
        foreach (var file in _tree.Files)
        {
            if (file.Size > limits.PictureBytes) throw new DataException($"'{file.Path}' has {file.Size:N0} bytes; a picture may have {limits.PictureBytes >> 20} MiB.");
            unpacked += file.Size;
        }

        if (unpacked > limits.UnpackedBytes) throw new DataException($"Unpacked it has {unpacked >> 20:N0} MiB; {limits.UnpackedBytes >> 20:N0} are taken at most.");
        if (Parts.IsEmpty || Parts[0].Classes.Length < 2)
            throw new DataException("It needs at least two class folders with pictures in them, side by side: CLASS/FILE, or train/CLASS/FILE and test/CLASS/FILE.");
        Read(limits, cancel);
    }

    /// <summary>Pictures of a class, in order; null: of all classes of the part.</summary>
    public IEnumerable<string> Pictures(ArchivePart part, string? label)
    {
        string folder = Below(part.Folder, label ?? "");
        return _pictures.Select(picture => picture.Path).Where(path => path.StartsWith(folder, StringComparison.Ordinal) && path.IndexOf('/', Below(part.Folder, "").Length) > 0);
    }

    /// <summary>A picture, scaled down until its longer side is <paramref name="maxSide"/> pixels. Null: there is none of this path, or it can't be decoded.</summary>
    public (byte[] Bytes, string MediaType)? Thumbnail(string path, int maxSide) => Find(path) is { } file ? Inspection.Thumbnail.Of(_tree, file, maxSide) : null;

    /// <summary>The middle of the longer sides of some pictures, in pixels, and whether none of them has colour.</summary>
    public (int Side, bool IsGrey) Look(int pictures)
    {
        var workspace = new Workspace();
        var sides = new List<int>();
        bool isGrey = true;
        for (int i = 0; i < _pictures.Length; i += Math.Max(1, _pictures.Length / pictures))
        {
            try
            {
                _tree.Read(_pictures[i], workspace.File);
                ImageDecoder.Decode(workspace.File.Span, workspace, Rgb.White);
                sides.Add(Math.Max(workspace.Picture.Width, workspace.Picture.Height));
                isGrey &= FolderInspection.HasNoColour(workspace.Picture.Words);
            }
            catch (CorruptImageException)
            {
                // Whoever trains on it is told.
            }
        }

        return (Distribution.Of(sides).Median, isGrey && sides.Count > 0);
    }

    private TreeFile? Find(string path) => _pictures.FirstOrDefault(picture => picture.Path == path) is { Path: not null } found ? found : null;

    private void Read(ArchiveLimits limits, CancellationToken cancel)
    {
        string?[] problems = new string?[_tree.Files.Count];
        var pictures = _pictures.Select(picture => picture.Path).ToHashSet(StringComparer.Ordinal);
        WorkerThreads.For(_tree.Files.Count, "upload-check", (i, workspace) =>
        {
            var file = _tree.Files[i];
            try
            {
                _tree.Read(file, workspace.File);
                if (!pictures.Contains(file.Path)) return;
                var header = ImageDecoder.ReadHeader(workspace.File.Span);
                if ((long)header.Width * header.Height > limits.Pixels)
                    problems[i] = $"{file.Path}: {header.Width} x {header.Height} pixels, more than the {limits.Pixels / 1_000_000} million that are taken";
            }
            catch (CorruptImageException e)
            {
                problems[i] = $"{file.Path}: {e.Message}";
            }
        }, cancel);
        string[] wrong = [.. problems.OfType<string>()];
        if (wrong.Length > 0)
            throw new DataException($"{wrong.Length:N0} of its files can't be used: {string.Join("; ", wrong.Take(Told))}{(wrong.Length > Told ? "; ..." : "")}. Mend or leave them out, and upload it again.");
    }

    private static ArchivePart PartOf(string root, string part, List<string> below)
    {
        string prefix = Below(part, "");
        var classes = below.Where(path => path.StartsWith(prefix, StringComparison.Ordinal) && path.IndexOf('/', prefix.Length) > 0)
            .GroupBy(path => ClassFolders.ClassOf(path[prefix.Length..]), StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal);
        return new(part, (root + part).TrimEnd('/'), [.. classes.Select(group => new ClassCount(group.Key, group.Count()))]);
    }

    /// <summary>People zip a folder with all that is in it: the folder that holds everything, and more than one folder; ends in '/', or is empty.</summary>
    private static string RootOf(ImmutableArray<TreeFile> pictures)
    {
        for (string root = ""; ;)
        {
            var deeper = pictures.Select(picture => picture.Path[root.Length..].Split('/', 3)).ToList();
            if (deeper.Count == 0 || deeper.Any(path => path.Length < 3) || deeper.Select(path => path[0]).Distinct(StringComparer.Ordinal).Count() > 1) return root;
            if (!DataParts.Of(pictures.Select(picture => picture.Path[root.Length..])).IsEmpty) return root;
            root += deeper[0][0] + "/";
        }
    }

    private static string Below(string folder, string name) => (folder, name) switch
    {
        ("", "") => "",
        (_, "") => folder + "/",
        ("", _) => name + "/",
        _ => $"{folder}/{name}/",
    };
}
