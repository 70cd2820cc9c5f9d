using System.IO.Hashing;
using System.Runtime.Intrinsics;
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
        Retry.OnIOError($"{data.Location}/{path}", () => data.Decode(sample, workspace, options.Background), stop);
        if (options.Channels == 1) Luma.Apply(workspace.Picture);
        var random = new RandomStream(options.Seed, RandomPurpose.Augmentation, (ulong)epoch, (ulong)sample);
        _transforms.Apply(workspace, ref random);
        var picture = workspace.Picture;
        if (picture.Width != options.ImageSize || picture.Height != options.ImageSize)
        {
            throw new DataException($"{data.Location}/{path} is {picture.Width} x {picture.Height} pixels after the transforms, but the model sees {options.ImageSize} x {options.ImageSize}. " +
                $"End data.augment and data.evaluate with a transform that gives that size, such as resize = [{options.ImageSize}, {options.ImageSize}].");
        }

        Pack(picture.Words, into);
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
        int i = 0;
        if (options.Channels == 1)
        {
            for (; i < pixels.Length; i++) into[i] = (byte)pixels[i];
            return;
        }

        // Four pixels at once: 12 bytes that count and 4 that the next store overwrites, so the last ones go one by one.
        var order = Vector128.Create((byte)0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 0x80, 0x80, 0x80, 0x80);
        for (; i + 6 <= pixels.Length; i += 4) Vector128.Shuffle(Vector128.Create(pixels.Slice(i, 4)).AsByte(), order).CopyTo(into[(3 * i)..]);
        for (; i < pixels.Length; i++) (into[3 * i], into[3 * i + 1], into[3 * i + 2]) = ((byte)pixels[i], (byte)(pixels[i] >> 8), (byte)(pixels[i] >> 16));
    }
}
