using System.Collections.Immutable;
using ActorTrainer.Core.Data;
using ActorTrainer.Data.Decoding;
using ActorTrainer.Data.Sources;

namespace ActorTrainer.Data.Inspection;

/// <summary>The smallest, middle and largest of many numbers.</summary>
public readonly record struct Distribution(int Min, int Median, int Max)
{
    internal static Distribution Of(IEnumerable<int> values)
    {
        int[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? default : new(sorted[0], sorted[sorted.Length / 2], sorted[^1]);
    }
}

/// <summary>A class folder: its name and how many pictures it has (the unreadable ones included).</summary>
public sealed record ClassCount(string Name, int Pictures);

/// <summary>A file that looks like a picture and can't be decoded.</summary>
public sealed record UnreadableFile(string Path, string Reason);

/// <summary>What a stranger's folder or zip of pictures holds: all that is needed to write an experiment file for it.</summary>
/// <param name="Root">Where the class folders stand; below <paramref name="Location"/> where that has only a <c>train</c> folder or the like.</param>
/// <param name="Parts">Folders side by side that each hold class folders (<c>train</c>, <c>val</c>, <c>test</c>); empty where the class folders stand in the location itself.</param>
/// <param name="Classes">In ordinal order.</param>
/// <param name="Width">Of the readable pictures, as they are shown.</param>
/// <param name="IsGrey">Not one readable picture has colour: one channel is enough.</param>
/// <param name="Formats">Readable pictures by format, the most frequent first.</param>
/// <param name="Ignored">Files that are no pictures, or stand in no class folder.</param>
public sealed record FolderInspection(
    string Location, string Root, ImmutableArray<string> Parts, ImmutableArray<ClassCount> Classes, Distribution Width, Distribution Height, bool IsGrey,
    ImmutableArray<(string Format, int Pictures)> Formats, ImmutableArray<UnreadableFile> Unreadable, ImmutableArray<string> Ignored)
{
    public int Pictures => Classes.Sum(entry => entry.Pictures);

    /// <summary>Decodes every picture below a folder, or a folder in a zip. Throws <see cref="DataException"/> where there are no class folders.</summary>
    public static FolderInspection Inspect(string location, IProgress<DataProgress>? progress, CancellationToken cancel)
    {
        using var tree = DataLocation.OpenTree(location) ?? throw DataLocation.Missing(location);
        var parts = DataParts.Of(tree);
        string prefix = parts.IsEmpty ? "" : parts[0] + "/";
        var below = tree.Files.Where(file => !ImageFiles.IsLitter(file.Path) && file.Path.StartsWith(prefix, StringComparison.Ordinal)).ToList();
        TreeFile[] images = [.. below.Where(file => ImageFiles.IsImage(file.Path) && file.Path.IndexOf('/', prefix.Length) > 0)];
        // The same words as when it is opened to be trained on.
        if (images.Length == 0) throw ClassFolders.Unusable(tree, below.Count(file => ImageFiles.IsImage(file.Path)));

        var looks = Look(tree, images, progress, cancel);
        var readable = looks.Where(look => look.Problem is null).ToList();
        var classes = images.GroupBy(file => ClassFolders.ClassOf(file.Path[prefix.Length..]), StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal);
        var formats = readable.GroupBy(look => look.Header.Format).OrderByDescending(group => group.Count()).ThenBy(group => group.Key, StringComparer.Ordinal);
        return new(location, parts.IsEmpty ? location : $"{location.TrimEnd('/')}/{parts[0]}", parts,
            [.. classes.Select(group => new ClassCount(group.Key, group.Count()))],
            Distribution.Of(readable.Select(look => look.Header.Width)), Distribution.Of(readable.Select(look => look.Header.Height)), readable.Count > 0 && readable.All(look => look.IsGrey),
            [.. formats.Select(group => (group.Key, group.Count()))],
            [.. images.Zip(looks).Where(pair => pair.Second.Problem is not null).Select(pair => new UnreadableFile(pair.First.Path, pair.Second.Problem!))],
            [.. below.Except(images).Select(file => file.Path)]);
    }

    private readonly record struct LookResult(ImageHeader Header, bool IsGrey, string? Problem);

    private static LookResult[] Look(IFileTree tree, TreeFile[] images, IProgress<DataProgress>? progress, CancellationToken cancel)
    {
        var results = new LookResult[images.Length];
        var meter = new ProgressMeter(progress, images.Length, "looking at pictures");
        WorkerThreads.For(images.Length, "inspect", (i, workspace) =>
        {
            try
            {
                Retry.ReadForOpening(tree, images[i], workspace.File, cancel);
                var header = ImageDecoder.ReadHeader(workspace.File.Span);
                ImageDecoder.Decode(workspace.File.Span, workspace, Rgb.White);
                results[i] = new(header, HasNoColour(workspace.Picture.Words), null);
            }
            catch (CorruptImageException e)
            {
                results[i] = new(default, false, e.Message);
            }

            meter.Step();
        }, cancel);
        return results;
    }

    internal static bool HasNoColour(ReadOnlySpan<uint> pixels)
    {
        foreach (uint pixel in pixels)
        {
            if ((pixel & 0xFFFF) != (pixel >> 8 & 0xFFFF)) return false;
        }

        return true;
    }
}
