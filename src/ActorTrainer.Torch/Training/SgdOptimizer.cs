using System.Collections.Immutable;
using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Devices;
using ActorTrainer.Torch.Gradients;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Training;

/// <summary>Stochastic gradient descent with momentum (dampening 0), Nesterov's form, and decay added to the gradient.</summary>
internal sealed class SgdOptimizer : FlatOptimizer
{
    private readonly OptimizerSettings _settings;
    private readonly FlatVector? _momentum;

    public SgdOptimizer(OptimizerSettings settings, FlatLayout layout, Func<FlatVector> allocate, bool isCut) : base(layout, isCut)
    {
        _settings = settings;
        _momentum = settings.Momentum == 0 ? null : allocate();
    }

    public override ImmutableArray<OptimizerSlot> Slots => _momentum is null ? [] : [new("momentum", _momentum)];

    protected override void Step(FlatSegment run, Tensor weights, Tensor gradient, double rate)
    {
        if (_settings.WeightDecay != 0 && run.Rule.Decays) gradient.add_(weights, Number.Of(_settings.WeightDecay));
        var direction = gradient;
        if (_momentum is not null)
        {
            // torch begins with a copy of the first gradient; zeros times the momentum plus the gradient is the same.
            var momentum = Part(_momentum, run).mul_(Number.Of(_settings.Momentum)).add_(gradient, Number.One);
            direction = _settings.Nesterov ? gradient.add_(momentum, Number.Of(_settings.Momentum)) : momentum;
        }

        weights.add_(direction, Number.Of(-rate * run.Rule.RateScale));
    }
}
