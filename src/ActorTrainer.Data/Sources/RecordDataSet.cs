using System.Collections.Immutable;
using System.Security.Cryptography;
using ActorTrainer.Core.Data;
using ActorTrainer.Data.Augmentation;
using ActorTrainer.Data.Decoding;

namespace ActorTrainer.Data.Sources;

/// <summary>A picture as raw bytes in a larger file that is held in memory.</summary>
/// <param name="Name">Such as <c>train-images#00012</c>.</param>
internal readonly record struct PixelRecord(string Name, int Label, ReadOnlyMemory<byte> Pixels);

/// <summary>Samples that are records of fixed size: MNIST's idx files (grey) and CIFAR-10's binary files (planes of red, green, blue).</summary>
internal sealed class RecordDataSet : DataSet
{
    private readonly ImmutableArray<PixelRecord> _records;
    private readonly int _width, _height;

    private RecordDataSet(string location, DataManifest manifest, ImmutableArray<PixelRecord> records, int width, int height) : base(location, manifest, [])
    {
        (_records, _width, _height) = (records, width, height);
    }

    /// <param name="location">As given by the user.</param>
    /// <param name="records">Of all classes; sorted by name here.</param>
    /// <param name="nameOf">A label's class name.</param>
    /// <param name="wanted">Only these classes; null: all that occur.</param>
    /// <param name="width">Of every record.</param>
    /// <param name="height">Of every record.</param>
    public static RecordDataSet Create(string location, IEnumerable<PixelRecord> records, Func<int, string> nameOf, ImmutableArray<string>? wanted, int width, int height)
    {
        var all = records.OrderBy(record => record.Name, StringComparer.Ordinal).ToList();
        if (all.Count == 0) throw new DataException($"{location} has no records.");
        ImmutableArray<string> there = [.. all.Select(record => record.Label).Distinct().Select(nameOf).Order(StringComparer.Ordinal)];
        var classes = ClassChoice.Of(location, there, wanted);
        ImmutableArray<PixelRecord> kept = [.. all.Where(record => classes.Contains(nameOf(record.Label)))];
        var samples = kept.Select(record => new SampleEntry(record.Name, classes.IndexOf(nameOf(record.Label)), record.Pixels.Length, Convert.ToHexStringLower(SHA256.HashData(record.Pixels.Span))));
        return new(location, new(classes, [.. samples]), kept, width, height);
    }

    public override PictureSize Read(int sample, Workspace workspace) => new(_width, _height);

    public override PicturePart Decode(int sample, Workspace workspace, Rgb background, Framing framing, PictureDecoding mode)
    {
        workspace.Picture.Resize(_width, _height);
        var source = _records[sample].Pixels.Span;
        var target = workspace.Picture.Words;
        int green = source.Length == target.Length ? 0 : target.Length, blue = 2 * green;
        for (int i = 0; i < target.Length; i++) target[i] = Raster.Word(source[i], source[green + i], source[blue + i]);
        return PicturePart.Whole(workspace.Picture);
    }

    public override void Dispose() { }
}
