using System.Collections.Immutable;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Core.Checkpoints;

/// <summary>A checkpoint in memory: what is written, and what is read back.</summary>
public sealed record CheckpointContent(CheckpointId Id, TrainingState State, ModelDescription Model, string ConfigurationHash);

/// <summary>A stored checkpoint as its manifest describes it.</summary>
/// <param name="Sha256">Of the manifest itself: what the journal keeps.</param>
/// <param name="Bytes">Over all files.</param>
public sealed record StoredCheckpoint(CheckpointId Id, string Sha256, long Bytes);

/// <summary>
/// Where an experiment's checkpoints are. A checkpoint is there whole or not at all: written under a name that nobody reads, flushed,
/// renamed, flushed. Only the journal says which count.
/// </summary>
public interface ICheckpointStore
{
    /// <summary>Writes and makes durable. Throws IOException (a full disk, say); nothing that could be taken for a checkpoint is left then.</summary>
    StoredCheckpoint Write(CheckpointContent content, CancellationToken cancel);

    /// <summary>Every complete checkpoint folder, verified or not.</summary>
    ImmutableArray<CheckpointId> List();

    /// <summary>Checks the manifest and every file's hash; null with <paramref name="problem"/> said where something is missing or damaged.</summary>
    StoredCheckpoint? Verify(CheckpointId id, out string? problem);

    /// <summary>Reads and verifies; throws <see cref="CheckpointDamagedException"/>.</summary>
    CheckpointContent Read(CheckpointId id);

    /// <summary>What it is, without its tensors; throws <see cref="CheckpointDamagedException"/>.</summary>
    CheckpointManifest Describe(CheckpointId id);

    /// <summary>The file of its weights as it stands, for whoever verifies it; throws <see cref="CheckpointDamagedException"/> where it is missing. The caller disposes it.</summary>
    Stream OpenWeights(CheckpointId id);

    /// <summary>Takes a checkpoint out of sight by one rename, then deletes it. Harmless where it is gone.</summary>
    void Delete(CheckpointId id);

    /// <summary>
    /// Removes what unfinished writes and deletes of generations before this one left. Their writers count for nothing any more, or have written their last;
    /// in a newer one somebody may be writing now.
    /// </summary>
    void Sweep(Generation before);
}

public sealed class CheckpointDamagedException(CheckpointId id, string problem) : Exception($"Checkpoint {id}: {problem}")
{
    public CheckpointId Id { get; } = id;
    public string Problem { get; } = problem;
}
