using System.Collections.Immutable;
using System.IO.Hashing;
using ActorTrainer.Core.Data;
using ActorTrainer.Data.Augmentation;
using ActorTrainer.Data.Decoding;
using ActorTrainer.Data.Sources;
using Microsoft.Win32.SafeHandles;

namespace ActorTrainer.Data.Packing;

/// <summary>
/// Samples of a pack, at random and from any number of threads. Shards are read, not mapped: where a mapped file is cut off or its disk fails, the process dies;
/// a read says so. What is read is in the system's page cache either way.
/// </summary>
internal sealed class PackedDataSet : DataSet
{
    private readonly ImmutableArray<PackedSample> _samples;
    private readonly SafeFileHandle[] _shards;
    private readonly PackIndex _index;
    private readonly EncodedPictures _pictures;

    private PackedDataSet(string location, DataManifest manifest, ImmutableArray<SampleProblem> problems, PackIndex index, ImmutableArray<PackedSample> samples, SafeFileHandle[] shards)
        : base(location, manifest, problems) => (_index, _samples, _shards, _pictures) = (index, samples, shards, new(samples.Length));

    /// <param name="location">The pack's folder.</param>
    /// <param name="wanted">Only these classes; null: all.</param>
    public static PackedDataSet Open(string location, ImmutableArray<string>? wanted)
    {
        var index = PackIndex.Read(location);
        var classes = ClassChoice.Of(location, index.Classes, wanted);
        int[] number = [.. index.Classes.Select(name => classes.IndexOf(name))];
        ImmutableArray<PackedSample> samples =
            [.. index.Samples.Where(sample => number[sample.Entry.Class] >= 0).Select(sample => sample with { Entry = sample.Entry with { Class = number[sample.Entry.Class] } })];
        var problems = samples.Select((sample, i) => sample.Problem is null ? null : new SampleProblem(i, sample.Entry.Path, sample.Problem)).OfType<SampleProblem>();
        var shards = new SafeFileHandle[index.ShardBytes.Length];
        try
        {
            for (int shard = 0; shard < shards.Length; shard++) shards[shard] = File.OpenHandle(PackIndex.ShardFile(location, shard), options: FileOptions.RandomAccess);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            foreach (var shard in shards) shard?.Dispose();
            throw new DataException($"The pack {location} can't be opened: {e.Message}", e);
        }

        return new(location, new(classes, [.. samples.Select(sample => sample.Entry)]), [.. problems], index, samples, shards);
    }

    /// <summary>Throws <see cref="DataException"/> where pictures show another background than is asked for.</summary>
    public void RequireBackground(Rgb background)
    {
        if (background == _index.Background || _samples.FirstOrDefault(sample => sample.Blended) is not { } blended) return;
        throw new DataException($"{Location} was packed with {Text(_index.Background)} behind transparent pixels (of {blended.Entry.Path}, for one), but data.background is {Text(background)}. " +
            "Pack the data again with --background, or set data.background to what is in the pack.");

        static string Text(Rgb colour) => $"[{colour.R}, {colour.G}, {colour.B}]";
    }

    public override PictureSize Read(int sample, Workspace workspace)
    {
        var packed = _samples[sample];
        Read(packed, workspace.File.Resize(packed.Length));
        return _index.Content == PackContent.Raw ? new(packed.Width, packed.Height) : EncodedPictures.SizeOf(workspace);
    }

    public override PicturePart Decode(int sample, Workspace workspace, Rgb background, Framing framing, PictureDecoding mode) => _index.Content == PackContent.Raw
        ? Rgb24.Unpack(workspace.File.Span, new(_samples[sample].Width, _samples[sample].Height), framing, workspace.Picture)
        : _pictures.Decode(sample, workspace, background, framing, mode);

    public override void Dispose()
    {
        foreach (var shard in _shards) shard.Dispose();
    }

    private void Read(PackedSample packed, Span<byte> into)
    {
        PositionedRead.Exactly(_shards[packed.Shard], into, packed.Offset, "lies beyond the end of its shard: the pack was cut off while it was open");
        if (Crc32.HashToUInt32(into) != packed.Crc) throw new CorruptImageException("damaged in the pack (its CRC differs)");
    }
}
