using System.Collections.Immutable;
using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Devices;
using ActorTrainer.Torch.Gradients;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Training;

/// <summary>
/// Adam (Kingma and Ba, 2014), decay added to the gradient; decoupled: AdamW (Loshchilov and Hutter, 2017), decay taken off the weights.
/// </summary>
internal sealed class AdamOptimizer(OptimizerSettings settings, FlatLayout layout, Func<FlatVector> allocate, bool decoupled, bool isCut) : FlatOptimizer(layout, isCut)
{
    private readonly FlatVector _mean = allocate(), _square = allocate();

    public override ImmutableArray<OptimizerSlot> Slots => [new("exp_avg", _mean), new("exp_avg_sq", _square)];

    public override bool CountsSteps => true;

    protected override void Step(FlatSegment run, Tensor weights, Tensor gradient, double rate)
    {
        double ownRate = rate * run.Rule.RateScale;
        if (settings.WeightDecay != 0 && run.Rule.Decays)
        {
            if (decoupled) weights.mul_(Number.Of(1 - ownRate * settings.WeightDecay));
            else gradient.add_(weights, Number.Of(settings.WeightDecay));
        }

        double correction1 = 1 - Math.Pow(settings.Beta1, Steps), correction2 = 1 - Math.Pow(settings.Beta2, Steps);
        var mean = Part(_mean, run).mul_(Number.Of(settings.Beta1)).add_(gradient, Number.Of(1 - settings.Beta1));
        var square = Part(_square, run).mul_(Number.Of(settings.Beta2)).addcmul_(gradient, gradient, Number.Of(1 - settings.Beta2));
        // The gradient has been used; its memory takes the denominator.
        var denominator = gradient.copy_(square).sqrt_().div_(Number.Of(Math.Sqrt(correction2))).add_(Number.Of(settings.Epsilon), Number.One);
        weights.addcdiv_(mean, denominator, Number.Of(-ownRate / correction1));
    }
}
