using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace ActorTrainer.Core.Data;

/// <summary>One sample: where it is, what it is, and what its bytes are.</summary>
/// <param name="Path">Relative, with '/'; for record files (idx, CIFAR-10) the record's name, such as <c>train-images#00012</c>.</param>
/// <param name="Class">Index into the classes.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Sha256">Of the bytes, 64 lower-case hex digits.</param>
public sealed record SampleEntry(string Path, int Class, long Size, string Sha256);

/// <summary>What a data set is: its classes and samples, both in ordinal order of their names. Its index is the sample's number.</summary>
public sealed class DataManifest
{
    public DataManifest(ImmutableArray<string> classes, ImmutableArray<SampleEntry> samples)
    {
        (Classes, Samples) = (classes, samples);
        Hash = HashOf(classes, samples);
    }

    public ImmutableArray<string> Classes { get; }
    public ImmutableArray<SampleEntry> Samples { get; }

    /// <summary>SHA-256 over classes, relative paths, sizes and content hashes: equal for a zip and its folder.</summary>
    public string Hash { get; }

    private static string HashOf(ImmutableArray<string> classes, ImmutableArray<SampleEntry> samples)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> number = stackalloc byte[8];
        foreach (string name in classes) Text(name);
        foreach (var sample in samples)
        {
            Text(sample.Path);
            Text(sample.Sha256);
            BinaryPrimitives.WriteInt64LittleEndian(number, sample.Size);
            hash.AppendData(number);
            BinaryPrimitives.WriteInt64LittleEndian(number, sample.Class);
            hash.AppendData(number);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());

        void Text(string text)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(text));
            hash.AppendData([0]);
        }
    }
}
