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

    protected override void Step(Tensor weights, Tensor gradient, double rate)
    {
        if (settings.WeightDecay != 0)
        {
            foreach (var segment in Layout.Segments.Where(segment => segment.Rule.Decays))
            {
                if (decoupled) Part(weights, segment).mul_(1 - rate * segment.Rule.RateScale * settings.WeightDecay);
                else Part(gradient, segment).add_(Part(weights, segment), settings.WeightDecay);
            }
        }

        double correction1 = 1 - Math.Pow(settings.Beta1, Steps), correction2 = 1 - Math.Pow(settings.Beta2, Steps);
        _mean.Tensor.mul_(settings.Beta1).add_(gradient, 1 - settings.Beta1);
        _square.Tensor.mul_(settings.Beta2).addcmul_(gradient, gradient, 1 - settings.Beta2);
        // The gradient has been used; its memory takes the denominator.
        var denominator = gradient.copy_(_square.Tensor).sqrt_().div_(Math.Sqrt(correction2)).add_(settings.Epsilon);
        foreach (var segment in Layout.Segments)
            Part(weights, segment).addcdiv_(Part(_mean.Tensor, segment), Part(denominator, segment), -rate * segment.Rule.RateScale / correction1);
    }
}
