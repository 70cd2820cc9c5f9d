using System.Collections.Immutable;
using System.IO.Hashing;
using System.Security.Cryptography;
using ActorTrainer.Core.Data;
using ActorTrainer.Data.Augmentation;
using ActorTrainer.Data.Decoding;
using ActorTrainer.Data.Sources;
using SkiaSharp;

namespace ActorTrainer.Data.Packing;

/// <param name="ShortSide">What pictures are shrunk to, never enlarged; null: they stay as they are. Not for <see cref="PackContent.Files"/>.</param>
/// <param name="Quality">Of JPEG, 1 to 100.</param>
/// <param name="ShardBytes">A shard that has reached this is closed.</param>
public sealed record PackOptions(
    PackContent Content = PackContent.Files, int? ShortSide = null, int Quality = 95, CorruptFilePolicy OnCorruptFile = CorruptFilePolicy.Fail,
    long ShardBytes = 256 << 20)
{
    /// <summary>Behind transparent pixels. Not for <see cref="PackContent.Files"/>, which keep them.</summary>
    public Rgb Background { get; init; } = Rgb.White;
}

/// <param name="Bytes">Of all shards.</param>
/// <param name="Problems">Files that can't be decoded: packed as they are, or left out where pixels are packed.</param>
public sealed record PackSummary(int Samples, ImmutableArray<string> Classes, int Shards, long Bytes, ImmutableArray<SampleProblem> Problems);

/// <summary>Turns a data set into a pack: a few large files instead of many small ones, and pixels as small as training needs them.</summary>
public static class Packer
{
    /// <summary>Samples that are made by all threads together before they are written in order.</summary>
    private const int Round = 256;

    /// <summary>The parts of a location that holds several sets side by side, such as <c>train</c> and <c>test</c>; empty: it is one set.</summary>
    public static ImmutableArray<string> PartsOf(string location)
    {
        using var tree = PackIndex.IsAt(location) ? null : DataLocation.OpenTree(location);
        return tree is null ? [] : DataParts.Of(tree);
    }

    /// <param name="folder">Must not be there. It appears when it is whole; a pack that was broken off leaves nothing.</param>
    /// <exception cref="DataException">A file can't be decoded, or the data are no picture files and can't be packed as files.</exception>
    public static PackSummary Pack(IDataSet data, string folder, PackOptions options, IProgress<DataProgress>? progress, CancellationToken cancel)
    {
        string target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        if (Path.Exists(target)) throw new DataException($"{folder} is there already. Choose another name, or remove it first.");
        if (options.Content == PackContent.Files && data is not ImageDataSet) throw new DataException($"{data.Location} has records, not picture files: pack it as raw pixels (--as raw).");
        string partial = $"{target}.{Guid.NewGuid():N}.partial";
        try
        {
            Directory.CreateDirectory(partial);
            var summary = Write((DataSet)data, partial, options, progress, cancel);
            Directory.Move(partial, target);
            return summary;
        }
        catch
        {
            if (Directory.Exists(partial)) Directory.Delete(partial, recursive: true);
            throw;
        }
    }

    private static PackSummary Write(DataSet data, string folder, PackOptions options, IProgress<DataProgress>? progress, CancellationToken cancel)
    {
        var samples = data.Manifest.Samples;
        var meter = new ProgressMeter(progress, samples.Length, "packing");
        using var shards = new ShardWriter(folder, options.ShardBytes);
        var packed = ImmutableArray.CreateBuilder<PackedSample>(samples.Length);
        var problems = ImmutableArray.CreateBuilder<SampleProblem>();
        for (int first = 0; first < samples.Length; first += Round)
        {
            var made = new Content[Math.Min(Round, samples.Length - first)];
            WorkerThreads.For(made.Length, "pack", (i, workspace) =>
            {
                made[i] = Make(data, first + i, options, workspace, cancel);
                meter.Step();
            }, cancel);
            for (int i = 0; i < made.Length; i++)
            {
                var (content, entry) = (made[i], samples[first + i]);
                if (content.Problem is { } problem)
                {
                    problems.Add(new(first + i, entry.Path, problem));
                    if (options.OnCorruptFile == CorruptFilePolicy.Fail)
                        throw new DataException($"{data.Location}/{entry.Path} can't be packed: {problem}. Replace or remove it, or --on-corrupt-file skip.");
                    if (options.Content != PackContent.Files) continue;
                }

                var (shard, offset) = shards.Append(content.Bytes);
                packed.Add(new(
                    options.Content == PackContent.Files ? entry : entry with { Size = content.Bytes.Length, Sha256 = Convert.ToHexStringLower(SHA256.HashData(content.Bytes)) },
                    shard, offset, content.Bytes.Length, content.Width, content.Height, Crc32.HashToUInt32(content.Bytes), content.Blended, content.Problem));
            }
        }

        var lengths = shards.Close();
        new PackIndex(options.Content, options.Background, data.Manifest.Classes, lengths, packed.ToImmutable()).Write(folder);
        return new(packed.Count, data.Manifest.Classes, lengths.Length, lengths.Sum(), problems.ToImmutable());
    }

    private static Content Make(DataSet data, int sample, PackOptions options, Workspace workspace, CancellationToken cancel)
    {
        string path = $"{data.Location}/{data.Manifest.Samples[sample].Path}";
        byte[] Original() => data is ImageDataSet ? workspace.File.Span.ToArray() : [];
        try
        {
            bool blended = false;
            Retry.OnIOError(path, () =>
            {
                if (data is ImageDataSet files)
                {
                    files.ReadBytes(sample, workspace.File);
                    blended = ImageDecoder.Decode(workspace.File.Span, workspace, options.Background);
                }
                else
                {
                    data.Decode(sample, workspace, options.Background);
                }
            }, cancel);
            if (options.Content == PackContent.Files) return new(Original());
            bool shrunk = Shrink(workspace, options.ShortSide);
            var picture = workspace.Picture;
            if (options.Content == PackContent.Raw) return new(Rgb24.Of(picture), picture.Width, picture.Height, blended);
            bool isJpeg = data is ImageDataSet && workspace.File.Span is [0xFF, 0xD8, ..];
            return isJpeg && !shrunk ? new(Original()) : new(Jpeg(picture, options.Quality), Blended: blended);
        }
        catch (CorruptImageException e)
        {
            return new(Original(), Problem: e.Message);
        }
        catch (IOException e)
        {
            throw new DataException(e.Message, e);
        }
    }

    /// <summary>False: it is small enough as it is.</summary>
    private static bool Shrink(Workspace workspace, int? shortSide)
    {
        var picture = workspace.Picture;
        if (shortSide is not { } side || Math.Min(picture.Width, picture.Height) <= side) return false;
        var (width, height) = Geometry.ShortSide(picture.Width, picture.Height, side);
        workspace.Resampler.Resize(picture, new(0, 0, picture.Width, picture.Height), width, height, new(0, 0, width, height), workspace.Spare);
        workspace.Swap();
        return true;
    }

    private static unsafe byte[] Jpeg(Raster picture, int quality)
    {
        using var pixels = new SKPixmap(new(picture.Width, picture.Height, SKColorType.Rgba8888, SKAlphaType.Opaque), (nint)picture.Address, picture.Stride);
        using var encoded = pixels.Encode(new SKJpegEncoderOptions(quality, SKJpegEncoderDownsample.Downsample420, SKJpegEncoderAlphaOption.Ignore))
            ?? throw new CorruptImageException($"{picture.Width} x {picture.Height} pixels can't be written as JPEG");
        return encoded.ToArray();
    }

    private readonly record struct Content(byte[] Bytes, int Width = 0, int Height = 0, bool Blended = false, string? Problem = null);
}
