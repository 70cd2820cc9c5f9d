using ActorTrainer.Core.Experiments;

namespace ActorTrainer.Core.Checkpoints;

/// <summary>Names inside a folder of checkpoints. Only a folder called <c>&lt;generation&gt;-&lt;step&gt;</c> is a checkpoint.</summary>
public static class CheckpointPlacement
{
    public const string Weights = "weights.safetensors";
    public const string Optimizer = "optimizer.safetensors";
    public const string Manifest = "manifest.json";

    private const string TemporarySuffix = ".tmp";
    private const string DeletedPrefix = ".deleted-";

    public static string FolderOf(CheckpointId id) => id.ToString();

    /// <summary>Where a checkpoint is written before it has its name.</summary>
    public static string TemporaryOf(CheckpointId id) => id + TemporarySuffix;

    /// <summary>Where a retired checkpoint goes before it is deleted.</summary>
    public static string DeletedOf(CheckpointId id) => DeletedPrefix + id;

    /// <summary>Whether a folder is what an unfinished write or delete left, and of which checkpoint.</summary>
    public static bool IsLeftover(string folder, out CheckpointId of)
    {
        of = default;
        return folder.EndsWith(TemporarySuffix, StringComparison.Ordinal) && CheckpointId.TryParse(folder[..^TemporarySuffix.Length], out of)
            || folder.StartsWith(DeletedPrefix, StringComparison.Ordinal) && CheckpointId.TryParse(folder[DeletedPrefix.Length..], out of);
    }
}
