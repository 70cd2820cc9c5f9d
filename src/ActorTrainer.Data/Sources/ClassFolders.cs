using System.Collections.Immutable;
using System.Security.Cryptography;
using ActorTrainer.Core.Data;
using ActorTrainer.Data.Decoding;

namespace ActorTrainer.Data.Sources;

/// <summary>A tree of the form <c>class/.../file</c>: the first folder is the class, everything below it belongs to it.</summary>
internal static class ClassFolders
{
    /// <summary>Where all files together are no larger, each is decoded once when the set is opened; of larger sets only the headers are looked at.</summary>
    public const long FullCheckBytes = 64 << 20;

    private static readonly string Unreadable = new('0', 64);

    public static ImageDataSet Open(
        IFileTree tree, ImmutableArray<string>? wanted, IProgress<DataProgress>? progress, CancellationToken cancel, long fullCheckBytes = FullCheckBytes,
        ManifestCache? cache = null)
    {
        var images = tree.Files.Where(file => ImageFiles.IsImage(file.Path)).ToList();
        var byClass = images.Where(file => file.Path.Contains('/')).ToLookup(file => ClassOf(file.Path), StringComparer.Ordinal);
        ImmutableArray<string> there = [.. byClass.Select(group => group.Key).Order(StringComparer.Ordinal)];
        if (there.IsEmpty) throw Unusable(tree, images.Count);
        // Taken as they stand, "train" and "test" would be the classes: nobody wants that, and nothing later would notice.
        if (wanted is null && DataParts.Of(tree) is { Length: > 1 } parts && there.All(parts.Contains))
            throw new DataException($"{tree.Location} has {string.Join(" and ", parts)} in it, each with class folders. Name the part: {tree.Location}/{parts[0]}.");
        var classes = ClassChoice.Of(tree.Location, there, wanted, with: " with pictures in it");
        var number = classes.Select((name, index) => (name, index)).ToDictionary(pair => pair.name, pair => pair.index, StringComparer.Ordinal);
        TreeFile[] files = [.. images.Where(file => file.Path.Contains('/') && number.ContainsKey(ClassOf(file.Path)))];
        var (samples, problems) = Look(tree, files, path => number[ClassOf(path)], files.Sum(file => file.Size) <= fullCheckBytes, cache, progress, cancel);
        return new(tree.Location, new(classes, samples), problems, [.. files.Select(file => (tree, file))]);
    }

    public static string ClassOf(string path) => path[..path.IndexOf('/', StringComparison.Ordinal)];

    /// <summary>
    /// Of every file: its content hash, and whether it is a picture, by its header or by decoding it. Files that the cache knows are not read.
    /// </summary>
    private static (ImmutableArray<SampleEntry>, ImmutableArray<SampleProblem>) Look(
        IFileTree tree, TreeFile[] files, Func<string, int> classOf, bool decode, ManifestCache? cache, IProgress<DataProgress>? progress, CancellationToken cancel)
    {
        var known = cache?.Load(tree.Location) ?? [];
        var looked = new CheckedFile?[files.Length];
        var samples = new SampleEntry[files.Length];
        var problems = new SampleProblem?[files.Length];
        var meter = new ProgressMeter(progress, files.Length, decode ? "reading and decoding" : "reading");
        WorkerThreads.For(files.Length, "data-check", (i, workspace) =>
        {
            var file = files[i];
            var stamp = cache is null ? null : tree.StampOf(file);
            if (stamp is null || !known.TryGetValue(file.Path, out var found) || found.Stamp != stamp || found.Decoded != decode)
            {
                bool settled = stamp?.IsSettled(cache!.Now) == true;
                found = Look(tree, file, stamp ?? default, decode, workspace, cancel);
                // Only what was the same before and after it was read, and can't have changed without a trace.
                if (settled && tree.StampOf(file) == stamp) looked[i] = found;
            }

            samples[i] = new(file.Path, classOf(file.Path), file.Size, found.Sha256);
            if (found.Problem is { } problem) problems[i] = new(i, file.Path, problem);
            meter.Step();
        }, cancel);
        if (looked.Any(file => file is not null)) Remember(cache!, tree, known, files, looked);
        return (ImmutableArray.Create(samples), [.. problems.OfType<SampleProblem>()]);
    }

    private static CheckedFile Look(IFileTree tree, TreeFile file, FileStamp stamp, bool decode, Workspace workspace, CancellationToken cancel)
    {
        string hash = Unreadable;
        try
        {
            Retry.ReadForOpening(tree, file, workspace.File, cancel);
            hash = Convert.ToHexStringLower(SHA256.HashData(workspace.File.Span));
            if (decode) ImageDecoder.Decode(workspace.File.Span, workspace, Rgb.White);
            else ImageDecoder.ReadHeader(workspace.File.Span);
            return new(stamp, hash, decode, null);
        }
        catch (CorruptImageException e)
        {
            return new(stamp, hash, decode, e.Message);
        }
    }

    /// <summary>Adds what was looked at; of what was known before, files of other classes stay, those that are gone go.</summary>
    private static void Remember(ManifestCache cache, IFileTree tree, Dictionary<string, CheckedFile> known, TreeFile[] files, CheckedFile?[] looked)
    {
        for (int i = 0; i < files.Length; i++)
        {
            if (looked[i] is { } file) known[files[i].Path] = file;
        }

        var there = tree.Files.Select(file => file.Path).ToHashSet(StringComparer.Ordinal);
        cache.Save(tree.Location, [.. known.Where(entry => there.Contains(entry.Key))]);
    }

    public static DataException Unusable(IFileTree tree, int imagesAtTop)
    {
        if (imagesAtTop > 0)
        {
            return new($"{tree.Location} has its {imagesAtTop} pictures directly in it, so nothing says what they show. " +
                $"Put those of each class into a folder with its name: {tree.Location}/CLASS/FILE.");
        }

        int others = tree.Files.Count(file => !ImageFiles.IsLitter(file.Path));
        return new(others == 0
            ? $"{tree.Location} is empty. It needs a folder for each class, with pictures in it ({ImageFiles.Formats})."
            : $"{tree.Location} has {others} files, but no picture ({ImageFiles.Formats}) in a class folder.");
    }
}
