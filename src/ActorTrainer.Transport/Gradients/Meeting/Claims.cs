using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Models;

namespace ActorTrainer.Transport.Gradients.Meeting;

/// <summary>What a trainer says of its generation, and must be the same on all: read only under a proof.</summary>
internal sealed record Claims(StepNumber Start, int LogicalShards, TensorType Element, string StateHash, string ConfigurationHash, string Fingerprint, string Placement)
{
    public const int MaxBytes = 4096;
    private const int MaxText = 512;

    public static Claims Of(CollectiveGroup group)
    {
        foreach (string text in (ReadOnlySpan<string>)[group.StateHash, group.ConfigurationHash, group.Fingerprint])
        {
            if (Encoding.UTF8.GetByteCount(text) > MaxText) throw new ArgumentException($"A hash has at most {MaxText} bytes, not '{text[..20]}...'.");
        }

        string ranges = string.Join(' ', group.Members.Select(member => $"{member.Own.First}-{member.Own.End}"));
        return new(
            group.Start, group.LogicalShards, group.Element, group.StateHash, group.ConfigurationHash, group.Fingerprint,
            ranges.Length <= MaxText ? ranges : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(ranges))));
    }

    /// <summary>Lengths stand before texts, so no two claims have the same bytes.</summary>
    public byte[] Write()
    {
        using var stream = new MemoryStream();
        Span<byte> number = stackalloc byte[sizeof(long)];
        foreach (long value in (ReadOnlySpan<long>)[Start.Value, LogicalShards, (long)Element])
        {
            BinaryPrimitives.WriteInt64LittleEndian(number, value);
            stream.Write(number);
        }

        foreach (string text in (ReadOnlySpan<string>)[StateHash, ConfigurationHash, Fingerprint, Placement])
        {
            byte[] utf8 = Encoding.UTF8.GetBytes(text);
            BinaryPrimitives.WriteInt64LittleEndian(number, utf8.Length);
            stream.Write(number);
            stream.Write(utf8);
        }

        return stream.ToArray();
    }

    /// <summary>Null where the bytes are no claims.</summary>
    public static Claims? Read(ReadOnlySpan<byte> bytes)
    {
        Span<long> numbers = stackalloc long[3];
        string[] texts = new string[4];
        foreach (ref long number in numbers)
        {
            if (!TryTake(ref bytes, out number)) return null;
        }

        foreach (ref string text in texts.AsSpan())
        {
            if (!TryTake(ref bytes, out long length) || length < 0 || length > bytes.Length) return null;
            text = Encoding.UTF8.GetString(bytes[..(int)length]);
            bytes = bytes[(int)length..];
        }

        return bytes.IsEmpty ? new(new(numbers[0]), (int)numbers[1], (TensorType)numbers[2], texts[0], texts[1], texts[2], texts[3]) : null;

        static bool TryTake(ref ReadOnlySpan<byte> bytes, out long number)
        {
            if (!BinaryPrimitives.TryReadInt64LittleEndian(bytes, out number)) return false;
            bytes = bytes[sizeof(long)..];
            return true;
        }
    }

    /// <summary>What the other says differently, for a person; null where all is the same.</summary>
    public string? DifferenceTo(Claims other)
    {
        var differences = new List<string>();
        Compare("start step", Start, other.Start);
        Compare("logical shards", LogicalShards, other.LogicalShards);
        Compare("element type", Element, other.Element);
        Compare("state", StateHash, other.StateHash);
        Compare("configuration", ConfigurationHash, other.ConfigurationHash);
        Compare("numerics fingerprint", Fingerprint, other.Fingerprint);
        Compare("shards by rank", Placement, other.Placement);
        return differences.Count == 0 ? null : string.Join("; ", differences);

        void Compare<T>(string what, T here, T there)
        {
            if (!EqualityComparer<T>.Default.Equals(here, there)) differences.Add($"{what} is {there} there and {here} here");
        }
    }
}
