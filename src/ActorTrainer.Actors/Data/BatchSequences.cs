using System.Collections.Immutable;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Actors.Data;

/// <summary>
/// Training's batches from a cursor on, across phases, as if no phase ended early (who ends one starts a new sequence): of each the positions that
/// <paramref name="own"/> takes. It ends before a step that has no source yet.
/// </summary>
/// <param name="sourceOf">Of the step after a cursor; null: what it needs is not ready. Asked on another thread.</param>
public sealed class TrainingSequence(TrainingPlan plan, Func<TrainingCursor, IBatchSource?> sourceOf, TrainingCursor from, ShardLayout shards, ShardRange own) : IBatchSequence
{
    private TrainingCursor _cursor = from;

    public PlannedBatch? Next()
    {
        if (plan.IsFinished(_cursor) || sourceOf(_cursor) is not { } source) return null;
        var batch = new PlannedBatch(source, Part(plan.Batch(_cursor)));
        _cursor = plan.Advance(_cursor);
        return batch;
    }

    private BatchRequest Part(BatchRequest whole)
    {
        if (own == ShardRange.All(shards.Shards)) return whole;
        var (first, end) = shards.Positions(own, whole.Samples.Length);
        return whole with { Part = new(first, end - first) };
    }
}

/// <summary>
/// The pictures of a variant's blocks of features that are not in the cache when their turn comes, from one block round to the one before it. Where trainers of
/// one machine begin at different ones, each finds what the others have computed meanwhile.
/// </summary>
public sealed class BlockSequence(IFeatureSource features, IBatchSource pictures, int variant, int first) : IBatchSequence
{
    private int _passed;

    public PlannedBatch? Next()
    {
        while (_passed < features.Blocks.Count)
        {
            var block = new FeatureBlock(variant, (first + _passed++) % features.Blocks.Count);
            if (!features.Has(block)) return new(pictures, features.Blocks.Request(block));
        }

        return null;
    }
}

/// <summary>A set once through, in manifest order.</summary>
public sealed class EvaluationSequence(EvaluationSet set, int batchSize) : IBatchSequence
{
    private int _next;

    public PlannedBatch? Next()
    {
        if (_next >= set.Samples.Length) return null;
        int count = Math.Min(batchSize, set.Samples.Length - _next);
        ImmutableArray<int> samples = set.Samples.Slice(_next, count);
        var batch = new PlannedBatch(set.Source, new BatchRequest(_next / batchSize, 0, samples));
        _next += count;
        return batch;
    }
}
