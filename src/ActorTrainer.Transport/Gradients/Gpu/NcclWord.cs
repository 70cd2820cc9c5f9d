using System.Text;

namespace ActorTrainer.Transport.Gradients.Gpu;

/// <summary>What each trainer says before any uses NCCL.</summary>
/// <param name="Reason">Why it can't; empty: it can.</param>
/// <param name="Gpu">Two trainers can't share one.</param>
/// <param name="Id">Rank 0's counts.</param>
internal readonly record struct NcclWord(string Reason, Guid Gpu, NcclId Id)
{
    private const int GuidBytes = 16, MaxReason = 1000;

    public byte[] Write()
    {
        byte[] reason = Encoding.UTF8.GetBytes(Reason.Length > MaxReason ? Reason[..MaxReason] : Reason);
        return [.. Id, .. Gpu.ToByteArray(), .. reason];
    }

    /// <summary>Null where the bytes are no such word.</summary>
    public static NcclWord? Read(ReadOnlySpan<byte> bytes) => bytes.Length < NcclId.Size + GuidBytes ? null
        : new(Encoding.UTF8.GetString(bytes[(NcclId.Size + GuidBytes)..]), new(bytes.Slice(NcclId.Size, GuidBytes)), NcclId.Read(bytes));

    /// <summary>Of all trainers, by rank: why they don't use NCCL, the same on all of them; null: they do.</summary>
    public static string? Obstacle(IReadOnlyList<NcclWord> words)
    {
        for (int rank = 0; rank < words.Count; rank++)
        {
            if (words[rank].Reason.Length > 0) return $"trainer {rank}: {words[rank].Reason}";
            for (int other = 0; other < rank; other++)
            {
                if (words[other].Gpu == words[rank].Gpu) return $"trainers {other} and {rank} share a GPU";
            }
        }

        return null;
    }
}
