using ActorTrainer.Core.Evaluation;

namespace ActorTrainer.Core.Tests.Evaluation;

/// <summary>Evaluations by what decides.</summary>
internal static class Rows
{
    public static EvaluationRow Of(long step, double top1, double loss) => new(new(step), Phase: 0, Epoch: (int)step, new(100, loss, top1, 1, [100]));
}
