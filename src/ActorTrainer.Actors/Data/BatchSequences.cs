using System.Collections.Immutable;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Actors.Data;

/// <summary>
/// Training's batches from a cursor on, across phases, as if no phase ended early (who ends one starts a new sequence): of each the positions that
/// <paramref name="own"/> takes.
/// </summary>
public sealed class TrainingSequence(TrainingPlan plan, IExperimentData data, TrainingCursor from, ShardLayout shards, ShardRange own) : IBatchSequence
{
    private TrainingCursor _cursor = from;

    public PlannedBatch? Next()
    {
        if (plan.IsFinished(_cursor)) return null;
        var batch = new PlannedBatch(data.Training(_cursor.Phase), Part(plan.Batch(_cursor)));
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
