using System.Collections.Immutable;
using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Gradients;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Training;

/// <summary>
/// Adam (Kingma and Ba, 2014), decay added to the gradient; decoupled: AdamW (Loshchilov and Hutter, 2017), decay taken off the weights.
/// </summary>
internal sealed class AdamOptimizer(OptimizerSettings settings, FlatLayout layout, Func<FlatVector> allocate, bool decoupled) : FlatOptimizer(layout)
{
    private readonly FlatVector _mean = allocate(), _square = allocate();

    public override ImmutableArray<OptimizerSlot> Slots => [new("exp_avg", _mean), new("exp_avg_sq", _square)];

    public override bool CountsSteps => true;

    protected override void Step(FlatSegment run, Tensor weights, Tensor gradient, double rate)
    {
        double ownRate = rate * run.Rule.RateScale;
        if (settings.WeightDecay != 0 && run.Rule.Decays)
        {
            if (decoupled) weights.mul_(1 - ownRate * settings.WeightDecay);
            else gradient.add_(weights, settings.WeightDecay);
        }

        double correction1 = 1 - Math.Pow(settings.Beta1, Steps), correction2 = 1 - Math.Pow(settings.Beta2, Steps);
        var mean = Part(_mean.Tensor, run).mul_(settings.Beta1).add_(gradient, 1 - settings.Beta1);
        var square = Part(_square.Tensor, run).mul_(settings.Beta2).addcmul_(gradient, gradient, 1 - settings.Beta2);
        // The gradient has been used; its memory takes the denominator.
        var denominator = gradient.copy_(square).sqrt_().div_(Math.Sqrt(correction2)).add_(settings.Epsilon);
        weights.addcdiv_(mean, denominator, -ownRate / correction1);
    }
}
