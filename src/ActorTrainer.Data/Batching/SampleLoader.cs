using System.IO.Hashing;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Randomness;
using ActorTrainer.Data.Augmentation;
using ActorTrainer.Data.Decoding;
using ActorTrainer.Data.Sources;

namespace ActorTrainer.Data.Batching;

/// <summary>One sample from its file to its place in a batch: read, decode, transform, pack. A pure function of (data, options, epoch, sample).</summary>
internal sealed class SampleLoader(DataSet data, BatchSourceOptions options)
{
    private readonly TransformPipeline _transforms = new(options.Transforms, options.Background);

    public int SampleBytes => options.ImageSize * options.ImageSize * options.Channels;

    /// <summary>Writes H x W x C pixels. Throws <see cref="CorruptImageException"/>, <see cref="IOException"/>, or <see cref="DataException"/> for a wrong size.</summary>
    public void Load(int sample, int epoch, Workspace workspace, Span<byte> into, CancellationToken stop)
    {
        string path = data.Manifest.Samples[sample].Path;
        var random = new RandomStream(options.Seed, RandomPurpose.Augmentation, (ulong)epoch, (ulong)sample);
        var (framing, part) = Decode(sample, path, workspace, ref random, stop);
        if (options.Channels == 1) Luma.Apply(workspace.Picture);
        _transforms.Apply(workspace, part, framing, ref random);
        var picture = workspace.Picture;
        if (picture.Width != options.ImageSize || picture.Height != options.ImageSize)
        {
            throw new DataException($"{data.Location}/{path} is {picture.Width} x {picture.Height} pixels after the transforms, but the model sees {options.ImageSize} x {options.ImageSize}. " +
                $"End data.augment and data.evaluate with a transform that gives that size, such as resize = [{options.ImageSize}, {options.ImageSize}].");
        }

        Pack(picture.Words, into);
    }

    /// <summary>What the transforms need of the sample, from memory where it is kept.</summary>
    private (Framing, PicturePart) Decode(int sample, string path, Workspace workspace, ref RandomStream random, CancellationToken stop)
    {
        var cache = data.Cache?.Background == options.Background ? data.Cache : null;
        bool isFast = options.Decode == PictureDecoding.Fast;
        if (cache?.Find(sample) is { } kept && !(isFast && kept.IsJpeg))
        {
            var ofKept = _transforms.First(kept.Size, ref random);
            return (ofKept, Rgb24.Unpack(kept.Rgb, kept.Size, ofKept, workspace.Picture));
        }

        PictureSize size = default;
        Retry.OnIOError($"{data.Location}/{path}", () => size = data.Read(sample, workspace), stop);
        var framing = _transforms.First(size, ref random);
        bool isJpeg = workspace.File.Span is [0xFF, 0xD8, ..];
        // What is kept is whole, for whatever the next epoch takes of it; a fast JPEG is another one each time.
        if (cache is null || isFast && isJpeg || !cache.HasRoomFor(size)) return (framing, data.Decode(sample, workspace, options.Background, framing, options.Decode));
        var whole = data.Decode(sample, workspace, options.Background, Framing.Whole(size), PictureDecoding.Exact);
        cache.Keep(sample, workspace.Picture, isJpeg);
        return (framing, whole);
    }

    /// <summary>What a sample that can't be decoded looks like.</summary>
    public void Blank(Span<byte> into)
    {
        var colour = options.Background;
        uint pixel = Raster.Word(colour.R, colour.G, colour.B);
        if (options.Channels == 1)
        {
            into.Fill((byte)Luma.Of(pixel));
            return;
        }

        for (int i = 0; i < into.Length; i += 3) (into[i], into[i + 1], into[i + 2]) = (colour.R, colour.G, colour.B);
    }

    public static uint Checksum(ReadOnlySpan<byte> pixels) => Crc32.HashToUInt32(pixels);

    // R G B x to R G B, or to one of them where all are the same grey.
    private void Pack(ReadOnlySpan<uint> pixels, Span<byte> into)
    {
        if (options.Channels == 1)
        {
            for (int i = 0; i < pixels.Length; i++) into[i] = (byte)pixels[i];
        }
        else
        {
            Rgb24.Pack(pixels, into);
        }
    }
}
