using System.Collections.Immutable;
using ActorTrainer.Core.Data;
using ActorTrainer.Data.Decoding;
using ActorTrainer.Data.Sources;

namespace ActorTrainer.Data.Inputs;

/// <summary>
/// Pictures whose class nobody knows, as a data set without classes: every sample has the label -1 and is named as the user named it.
/// Batches of them come from <see cref="DataReader.OpenBatches"/> like any other's; with <see cref="CorruptFilePolicy.Skip"/>
/// what can't be read comes back by name in <see cref="HostBatch.Excluded"/>.
/// </summary>
public static class ImageInputs
{
    private const int UnknownClass = -1;

    /// <summary>
    /// Each path is a picture, a folder (with all pictures below it), a zip, or a file or folder in a zip (<c>x.zip/test/3/0017.png</c>). In the order given,
    /// folders in ordinal order. Throws <see cref="DataException"/> for a path where nothing is.
    /// </summary>
    public static IDataSet Open(IEnumerable<string> paths)
    {
        var files = new List<(IFileTree Tree, TreeFile File)>();
        var samples = ImmutableArray.CreateBuilder<SampleEntry>();
        try
        {
            foreach (string path in paths) Add(path, files, samples);
        }
        catch
        {
            foreach (var tree in files.Select(file => file.Tree).Distinct()) tree.Dispose();
            throw;
        }

        return new ImageDataSet("the given pictures", new([], samples.ToImmutable()), [], [.. files]);
    }

    /// <summary>Pictures that are already in memory, such as a request's body. Names must differ; the order stays.</summary>
    public static IDataSet Of(IReadOnlyList<(string Name, ReadOnlyMemory<byte> Bytes)> pictures)
    {
        var tree = new MemoryTree(pictures);
        var files = pictures.Select(picture => (Tree: (IFileTree)tree, File: new TreeFile(picture.Name, picture.Bytes.Length)));
        var samples = pictures.Select(picture => new SampleEntry(picture.Name, UnknownClass, picture.Bytes.Length, ""));
        return new ImageDataSet("the given pictures", new([], [.. samples]), [], [.. files]);
    }

    /// <summary>
    /// The pictures of <see cref="Open"/> as their files have them, in its order, one after the other. Throws <see cref="DataException"/> as it does; what holds a picture and is damaged is told in its place.
    /// </summary>
    public static IEnumerable<EncodedInput> Read(IEnumerable<string> paths)
    {
        using var data = (ImageDataSet)Open(paths);
        var bytes = new FileBytes();
        for (int i = 0; i < data.Manifest.Samples.Length; i++) yield return Read(data, i, bytes);
    }

    private static EncodedInput Read(ImageDataSet data, int sample, FileBytes bytes)
    {
        string name = data.Manifest.Samples[sample].Path;
        try
        {
            data.ReadBytes(sample, bytes);
            return new(name, bytes.Span.ToArray(), null);
        }
        catch (CorruptImageException e)
        {
            return new(name, default, e.Message);
        }
    }

    private static void Add(string path, List<(IFileTree, TreeFile)> files, ImmutableArray<SampleEntry>.Builder samples)
    {
        bool isZip = path.EndsWith(".zip", StringComparison.OrdinalIgnoreCase);
        if (File.Exists(path) && !isZip)
        {
            var single = FolderTree.OfFile(path);
            AddFile(single, single.Files[0], path);
            return;
        }

        if (DataLocation.OpenTree(path) is { } tree)
        {
            string name = path.TrimEnd('/', Path.DirectorySeparatorChar);
            var images = tree.Files.Where(file => ImageFiles.IsImage(file.Path)).ToList();
            if (images.Count == 0)
            {
                tree.Dispose();
                throw new DataException($"{path} has no picture in it ({ImageFiles.Formats}).");
            }

            foreach (var image in images) AddFile(tree, image, $"{name}/{image.Path}");
            return;
        }

        if (DataLocation.FindZip(path) is var (zip, inside) && inside.Length > 0)
        {
            int slash = inside.LastIndexOf('/');
            var folder = new ZipTree(zip, slash < 0 ? "" : inside[..slash]);
            if (folder.Files.FirstOrDefault(file => file.Path == inside[(slash + 1)..]) is { Path: not null } entry)
            {
                AddFile(folder, entry, path);
                return;
            }

            folder.Dispose();
        }

        throw DataLocation.Missing(path);

        void AddFile(IFileTree from, TreeFile file, string name)
        {
            files.Add((from, file));
            samples.Add(new(name, UnknownClass, file.Size, ""));
        }
    }
}

/// <summary>A picture file.</summary>
/// <param name="Name">As the user named it.</param>
/// <param name="Problem">Why its bytes could not be had, for a person: "it is ..."; null: they are there.</param>
public sealed record EncodedInput(string Name, ReadOnlyMemory<byte> Bytes, string? Problem);
