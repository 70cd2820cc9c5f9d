using System.Collections.Immutable;
using ActorTrainer.Core.Randomness;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Core.Data;

/// <summary>
/// Which samples make which batch: sample = permutation(seed, epoch)[position], a pure function, so that any step is O(batch) away
/// and every sample of an epoch comes exactly once.
/// </summary>
/// <param name="Samples">The training samples' numbers in the manifest, ascending (what the split left).</param>
public sealed record EpochPlan(ulong Seed, ImmutableArray<int> Samples, int BatchSize, LastBatch LastBatch)
{
    public int StepsPerEpoch => LastBatch == LastBatch.Drop ? Samples.Length / BatchSize : (Samples.Length + BatchSize - 1) / BatchSize;

    /// <param name="epoch">From 0, counted over the whole experiment.</param>
    /// <param name="stepInEpoch">From 0.</param>
    public ImmutableArray<int> Batch(int epoch, int stepInEpoch)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)stepInEpoch, (uint)StepsPerEpoch);
        var order = new Permutation(Seed, RandomPurpose.SampleOrder, (ulong)epoch, Samples.Length);
        int first = stepInEpoch * BatchSize, count = Math.Min(BatchSize, Samples.Length - first);
        var batch = ImmutableArray.CreateBuilder<int>(count);
        for (int i = 0; i < count; i++) batch.Add(Samples[order[first + i]]);
        return batch.MoveToImmutable();
    }
}
