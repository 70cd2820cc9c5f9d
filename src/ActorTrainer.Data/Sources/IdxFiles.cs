using System.Buffers.Binary;
using System.Collections.Immutable;
using System.IO.Compression;
using System.Text.RegularExpressions;
using ActorTrainer.Core.Data;

namespace ActorTrainer.Data.Sources;

/// <summary>MNIST's format and that of its relatives: <c>train-images-idx3-ubyte[.gz]</c> beside <c>train-labels-idx1-ubyte[.gz]</c>, t10k for test. Classes are the label numbers.</summary>
internal static partial class IdxFiles
{
    private const int ImageMagic = 0x0803, LabelMagic = 0x0801, ImageHeader = 16, LabelHeader = 8;

    /// <summary>Which part an image file of this name belongs to; null: not one.</summary>
    public static string? PartOf(string name) =>
        ImageName().Match(name) is { Success: true } match ? match.Groups["part"].Value == RecordFiles.Train ? RecordFiles.Train : RecordFiles.Test : null;

    public static string Stem(string path) => path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? path[..^3] : path;

    public static RecordDataSet Open(string location, IFileTree tree, TreeFile images, ImmutableArray<string>? classes)
    {
        string labelStem = Stem(images.Path).Replace("images", "labels", StringComparison.Ordinal).Replace("idx3", "idx1", StringComparison.Ordinal);
        var labels = tree.Files.FirstOrDefault(file => Stem(file.Path) == labelStem);
        if (labels.Path is null) throw new DataException($"{tree.Location}/{images.Path} has no labels beside it: {labelStem} is missing.");
        ReadOnlyMemory<byte> pixels = Read(tree, images, ImageMagic, ImageHeader), marks = Read(tree, labels, LabelMagic, LabelHeader);
        int count = Number(pixels, 4), height = Number(pixels, 8), width = Number(pixels, 12), marked = Number(marks, 4);
        if (height <= 0 || width <= 0 || count <= 0 || (long)count * height * width != pixels.Length - ImageHeader)
            throw new DataException($"{tree.Location}/{images.Path} says {count} pictures of {width} x {height}, but has {pixels.Length - ImageHeader:N0} bytes for them. Fetch it again.");
        if (marked != count || marks.Length - LabelHeader != count)
            throw new DataException($"{tree.Location}: {count} pictures in {images.Path}, but {marked} labels in {labels.Path}. They don't belong together.");
        string name = Path.GetFileName(Stem(images.Path)).Split("-idx3", 2)[0].Split(".idx3", 2)[0];
        int size = height * width;
        var records = Enumerable.Range(0, count).Select(i => new PixelRecord(RecordFiles.RecordName(name, i, count), marks.Span[LabelHeader + i], pixels.Slice(ImageHeader + i * size, size)));
        return RecordDataSet.Create(location, records, label => label.ToString(), classes, width, height);
    }

    private static ReadOnlyMemory<byte> Read(IFileTree tree, TreeFile file, int magic, int header)
    {
        var bytes = RecordFiles.ReadAll(tree, file);
        if (Stem(file.Path) != file.Path) bytes = Unpack(tree, file, bytes);
        if (bytes.Length < header || Number(bytes, 0) != magic) throw new DataException($"{tree.Location}/{file.Path} is not an idx file of bytes (it should begin with {magic:x8}).");
        return bytes;
    }

    private static Memory<byte> Unpack(IFileTree tree, TreeFile file, Memory<byte> packed)
    {
        var unpacked = new MemoryStream();
        try
        {
            using var stream = new GZipStream(new MemoryStream(packed.ToArray()), CompressionMode.Decompress);
            byte[] block = new byte[1 << 16];
            for (int read; (read = stream.Read(block)) > 0;)
            {
                unpacked.Write(block, 0, read);
                if (unpacked.Length > FileBytes.MaxLength * 2L) throw new DataException($"{tree.Location}/{file.Path} unpacks to more than {FileBytes.MaxLength / (512 << 10)} MiB.");
            }
        }
        catch (InvalidDataException e)
        {
            throw new DataException($"{tree.Location}/{file.Path} is not a readable gzip file: {e.Message}", e);
        }

        return unpacked.GetBuffer().AsMemory(0, (int)unpacked.Length);
    }

    private static int Number(ReadOnlyMemory<byte> bytes, int at) => BinaryPrimitives.ReadInt32BigEndian(bytes.Span[at..]);

    [GeneratedRegex(@"\A(?:.*-)?(?<part>train|t10k|test)-images[-.]idx3-ubyte(?:\.gz)?\z")]
    private static partial Regex ImageName();
}
