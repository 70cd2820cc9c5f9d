using ActorTrainer.Core.Data;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Actors.Training;

/// <summary>Writes down which samples a trainer has taken into which shards of a step, with what its pixels were.</summary>
internal static class LedgerLines
{
    public static void Write(ILedgerLog ledger, Team team, StepCoordinates at, HostBatch batch)
    {
        var shards = new ShardLayout(team.LogicalShards);
        for (int shard = team.Own.First; shard < team.Own.End; shard++)
        {
            var (first, end) = shards.Positions(shard, batch.WholeCount);
            for (int i = first; i < end; i++)
                ledger.Append(new(team.Generation, at.Step, at.Epoch + 1, shard, batch.Request.Samples[i], batch.Checksums.Length > 0 ? batch.Checksums[i - batch.First] : 0));
        }
    }
}
