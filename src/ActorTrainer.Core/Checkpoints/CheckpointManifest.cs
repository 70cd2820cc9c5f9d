using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Core.Checkpoints;

/// <summary>A file of a checkpoint.</summary>
/// <param name="Size">Bytes.</param>
/// <param name="Sha256">64 lower-case hex digits.</param>
public sealed record CheckpointFile(string Name, long Size, string Sha256);

/// <summary>What a checkpoint is and what its files are. It is small, and its own hash stands for all of it in the journal.</summary>
/// <param name="Format">The layout's version.</param>
public sealed record CheckpointManifest(
    int Format, CheckpointId Id, TrainingCursor Cursor, string ConfigurationHash, ModelDescription Model, ImmutableArray<CheckpointFile> Files)
{
    public const int CurrentFormat = 1;

    // The last key is the SHA-256 of every byte before its line: a changed bit shows without the journal too.
    private const string Seal = ",\n  \"checksum\": \"";
    private const string End = "\"\n}\n";
    private static readonly int SealBytes = Seal.Length + 2 * SHA256.HashSizeInBytes + End.Length;
    private static readonly JsonSerializerOptions Options = new(CoreJson.Options) { WriteIndented = true, NewLine = "\n" };

    public static string HashOf(ReadOnlySpan<byte> json) => Convert.ToHexStringLower(SHA256.HashData(json));

    /// <summary>UTF-8 JSON, the same bytes for the same content.</summary>
    public byte[] ToJson()
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(this, Options);
        byte[] body = json[..^"\n}".Length];
        return [.. body, .. Encoding.ASCII.GetBytes(Seal + HashOf(body) + End)];
    }

    /// <summary>Throws <see cref="FormatException"/>, for a person, where the bytes are not what <see cref="ToJson"/> made.</summary>
    public static CheckpointManifest Parse(ReadOnlySpan<byte> json)
    {
        if (json.Length <= SealBytes || !json[^SealBytes..].SequenceEqual(Encoding.ASCII.GetBytes(Seal + HashOf(json[..^SealBytes]) + End)))
            throw new FormatException("the manifest is damaged: it does not match its own checksum");
        try
        {
            var manifest = JsonSerializer.Deserialize<CheckpointManifest>(json, Options)!;
            return manifest.Format == CurrentFormat
                ? manifest
                : throw new FormatException($"the manifest has format {manifest.Format}; this version reads format {CurrentFormat}");
        }
        catch (JsonException e)
        {
            throw new FormatException($"the manifest can't be read ({e.Message})", e);
        }
    }
}
