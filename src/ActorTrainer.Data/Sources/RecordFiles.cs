using System.Collections.Immutable;
using ActorTrainer.Core.Data;
using ActorTrainer.Data.Decoding;

namespace ActorTrainer.Data.Sources;

/// <summary>
/// Data sets that come as a few large files. Their folder holds training and test records side by side, so a location names the part:
/// <c>FOLDER/train</c> or <c>FOLDER/test</c>, where FOLDER is what torchvision's <c>root</c> or any folder below it is
/// (<c>root</c>, <c>root/MNIST</c>, <c>root/MNIST/raw</c>; <c>root</c>, <c>root/cifar-10-batches-bin</c>). An idx image file can be named itself.
/// </summary>
internal static class RecordFiles
{
    public const string Train = "train", Test = "test";

    /// <summary>An idx image file named itself; null if the location is none.</summary>
    public static RecordDataSet? TryOpenFile(string location, ImmutableArray<string>? classes)
    {
        if (!File.Exists(location) || IdxFiles.PartOf(Path.GetFileName(location)) is null) return null;
        using var folder = new FolderTree(Path.GetDirectoryName(Path.GetFullPath(location))!);
        return IdxFiles.Open(location, folder, folder.Files.Single(file => file.Path == Path.GetFileName(location)), classes);
    }

    /// <summary>The records in a tree; null if it holds none. They are in memory then: the tree is no longer needed.</summary>
    /// <param name="location">As given by the user.</param>
    /// <param name="tree">What stands there, or one folder up where <paramref name="part"/> was the last name.</param>
    /// <param name="part">Which records; null: the only ones there.</param>
    /// <param name="classes">Only these; null: all.</param>
    public static RecordDataSet? TryOpenIn(string location, IFileTree tree, string? part, ImmutableArray<string>? classes)
    {
        var idx = tree.Files.Where(file => IdxFiles.PartOf(NameOf(file)) is not null).ToLookup(file => IdxFiles.PartOf(NameOf(file))!, StringComparer.Ordinal);
        var cifar = tree.Files.Where(file => CifarFiles.PartOf(NameOf(file)) is not null).ToLookup(file => CifarFiles.PartOf(NameOf(file))!, StringComparer.Ordinal);
        string[] parts = [.. idx.Concat(cifar).Select(group => group.Key).Distinct()];
        if (parts.Length == 0) return null;
        if (part is null && parts.Length > 1) throw new DataException($"{location} holds training and test records. Name the part: {location}/{Train} or {location}/{Test}.");
        part ??= parts[0];
        if (!parts.Contains(part)) throw new DataException($"{tree.Location} holds no {part} records, only {parts[0]}.");
        if (cifar[part].Any()) return CifarFiles.Open(location, tree, [.. cifar[part]], classes);
        // Of a file that stands there packed and unpacked, the unpacked one comes first in ordinal order.
        var images = idx[part].ToList();
        if (images.Select(file => IdxFiles.Stem(file.Path)).Distinct().Count() > 1)
            throw new DataException($"{tree.Location} holds several data sets: {string.Join(", ", images.Select(file => file.Path))}. Name the image file itself.");
        return IdxFiles.Open(location, tree, images[0], classes);
    }

    public static string NameOf(TreeFile file) => Path.GetFileName(file.Path);

    /// <summary>All bytes of a file, with a user's message where that fails.</summary>
    public static Memory<byte> ReadAll(IFileTree tree, TreeFile file)
    {
        var bytes = new FileBytes();
        try
        {
            tree.Read(file, bytes);
            return bytes.Memory;
        }
        catch (Exception e) when (e is CorruptImageException or IOException)
        {
            throw new DataException($"{tree.Location}/{file.Path} can't be read: {e.Message}.", e);
        }
    }

    /// <summary>A record's name: ordinal order is numeric order.</summary>
    public static string RecordName(string file, int index, int count) => $"{file}#{index.ToString().PadLeft(Math.Max(5, (count - 1).ToString().Length), '0')}";
}
