using System.Collections.Immutable;
using System.Security.Cryptography;
using ActorTrainer.Core.Data;
using ActorTrainer.Data.Sources;

namespace ActorTrainer.Data.Packing;

/// <summary>What a packed sample is.</summary>
public enum PackContent
{
    /// <summary>The file's bytes as they were: the same pixels, the same manifest hash, the same digests as unpacked.</summary>
    Files,

    /// <summary>A JPEG, shrunk to the short side.</summary>
    Jpeg,

    /// <summary>R, G, B of each pixel, shrunk to the short side: nothing is left to decode.</summary>
    Raw,
}

/// <summary>One sample of a pack.</summary>
/// <param name="Entry">As the manifest has it: of the original file where the content is its bytes, else of the content.</param>
/// <param name="Offset">Of its first byte in the shard.</param>
/// <param name="Width">In pixels; of raw pixels only.</param>
/// <param name="Crc">CRC-32 of the content.</param>
/// <param name="Blended">The pack's background shows through it.</param>
/// <param name="Problem">Why it can't be decoded; null: it can.</param>
internal sealed record PackedSample(SampleEntry Entry, int Shard, long Offset, int Length, int Width, int Height, uint Crc, bool Blended, string? Problem);

/// <summary>
/// What a pack holds: <c>index.pack</c>, beside shards of content that follow one another without gaps, in the order of the manifest. Ends with the SHA-256 of
/// what comes before; written last, so that a folder with an index is a whole pack.
/// </summary>
/// <param name="Background">What was put behind transparent pixels.</param>
/// <param name="ShardBytes">Each shard's length.</param>
internal sealed record PackIndex(PackContent Content, Rgb Background, ImmutableArray<string> Classes, ImmutableArray<long> ShardBytes, ImmutableArray<PackedSample> Samples)
{
    public const string FileName = "index.pack";

    private const string Magic = "actortrainer pack 1";

    /// <summary>The least that a sample takes in the index: what claims more samples is damaged.</summary>
    private const int SmallestSample = 70;

    public static bool IsAt(string folder) => File.Exists(Path.Combine(folder, FileName));

    public static string ShardFile(string folder, int shard) => Path.Combine(folder, $"{shard:00000}.shard");

    public void Write(string folder)
    {
        var content = new MemoryStream();
        using var writer = new BinaryWriter(content);
        writer.Write(Magic);
        writer.Write((byte)Content);
        writer.Write([Background.R, Background.G, Background.B]);
        writer.Write(Classes.Length);
        foreach (string name in Classes) writer.Write(name);
        writer.Write(ShardBytes.Length);
        foreach (long bytes in ShardBytes) writer.Write(bytes);
        writer.Write(Samples.Length);
        foreach (var sample in Samples) Write(writer, sample);
        writer.Flush();
        using var file = new FileStream(Path.Combine(folder, FileName), FileMode.CreateNew);
        content.WriteTo(file);
        file.Write(SHA256.HashData(content.GetBuffer().AsSpan(0, (int)content.Length)));
        file.Flush(flushToDisk: true);
    }

    /// <summary>Throws <see cref="DataException"/> where the index or a shard is not what was written.</summary>
    public static PackIndex Read(string folder)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(Path.Combine(folder, FileName));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"{folder} can't be opened: {e.Message}", e);
        }

        int end = bytes.Length - SHA256.HashSizeInBytes;
        if (end < 0 || !SHA256.HashData(bytes.AsSpan(0, end)).AsSpan().SequenceEqual(bytes.AsSpan(end))) throw Damaged(folder, "its index is not what was written");
        try
        {
            var index = Read(new BinaryReader(new MemoryStream(bytes, 0, end)));
            index.Verify(folder);
            return index;
        }
        catch (Exception e) when (e is EndOfStreamException or FormatException or InvalidDataException)
        {
            throw Damaged(folder, "its index can't be read; it may be of a later version", e);
        }
    }

    private static void Write(BinaryWriter writer, PackedSample sample)
    {
        writer.Write(sample.Entry.Path);
        writer.Write(sample.Entry.Class);
        writer.Write(sample.Entry.Size);
        writer.Write(Convert.FromHexString(sample.Entry.Sha256));
        writer.Write(sample.Shard);
        writer.Write(sample.Offset);
        writer.Write(sample.Length);
        writer.Write(sample.Width);
        writer.Write(sample.Height);
        writer.Write(sample.Crc);
        writer.Write(sample.Blended);
        writer.Write(sample.Problem ?? "");
    }

    private static PackIndex Read(BinaryReader reader)
    {
        if (reader.ReadString() != Magic) throw new InvalidDataException("not a pack of this version");
        var content = (PackContent)reader.ReadByte();
        var background = new Rgb(reader.ReadByte(), reader.ReadByte(), reader.ReadByte());
        ImmutableArray<string> classes = [.. Many(1, () => reader.ReadString())];
        ImmutableArray<long> shards = [.. Many(sizeof(long), reader.ReadInt64)];
        return new(content, background, classes, shards, [.. Many(SmallestSample, () => ReadSample(reader))]);

        IEnumerable<T> Many<T>(int smallest, Func<T> read)
        {
            int count = reader.ReadInt32();
            if (count < 0 || count > (reader.BaseStream.Length - reader.BaseStream.Position) / smallest) throw new InvalidDataException("a count that can't be");
            for (int i = 0; i < count; i++) yield return read();
        }
    }

    private static PackedSample ReadSample(BinaryReader reader)
    {
        var entry = new SampleEntry(reader.ReadString(), reader.ReadInt32(), reader.ReadInt64(), Convert.ToHexStringLower(reader.ReadBytes(SHA256.HashSizeInBytes)));
        return new(entry, reader.ReadInt32(), reader.ReadInt64(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadUInt32(), reader.ReadBoolean(),
            reader.ReadString() is { Length: > 0 } problem ? problem : null);
    }

    private void Verify(string folder)
    {
        if (!Enum.IsDefined(Content)) throw new InvalidDataException("content of another version");
        foreach (var sample in Samples)
        {
            bool fits = (uint)sample.Shard < ShardBytes.Length && sample.Offset >= 0 && sample.Length is >= 0 and <= FileBytes.MaxLength
                && sample.Offset <= ShardBytes[sample.Shard] - sample.Length && (uint)sample.Entry.Class < Classes.Length;
            bool isPicture = Content != PackContent.Raw || sample is { Width: > 0, Height: > 0 } && (long)sample.Width * sample.Height * 3 == sample.Length;
            if (!fits || !isPicture) throw new InvalidDataException("a sample that can't be");
        }

        for (int shard = 0; shard < ShardBytes.Length; shard++)
        {
            string file = ShardFile(folder, shard);
            if (!File.Exists(file)) throw Damaged(folder, $"{Path.GetFileName(file)} is missing");
            if (new FileInfo(file).Length != ShardBytes[shard]) throw Damaged(folder, $"{Path.GetFileName(file)} has {new FileInfo(file).Length:N0} bytes, not {ShardBytes[shard]:N0}");
        }
    }

    private static DataException Damaged(string folder, string what, Exception? inner = null) => new($"The pack {folder} is damaged: {what}. Copy it anew, or pack the data again.", inner);
}
