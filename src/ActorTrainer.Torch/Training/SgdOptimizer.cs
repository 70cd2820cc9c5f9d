using System.Collections.Immutable;
using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Gradients;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Training;

/// <summary>Stochastic gradient descent with momentum (dampening 0), Nesterov's form, and decay added to the gradient.</summary>
internal sealed class SgdOptimizer : FlatOptimizer
{
    private readonly OptimizerSettings _settings;
    private readonly FlatVector? _momentum;

    public SgdOptimizer(OptimizerSettings settings, FlatLayout layout, Func<FlatVector> allocate) : base(layout)
    {
        _settings = settings;
        _momentum = settings.Momentum == 0 ? null : allocate();
    }

    public override ImmutableArray<OptimizerSlot> Slots => _momentum is null ? [] : [new("momentum", _momentum)];

    protected override void Step(Tensor weights, Tensor gradient, double rate)
    {
        if (_settings.WeightDecay != 0)
        {
            foreach (var segment in Layout.Segments.Where(segment => segment.Rule.Decays))
                Part(gradient, segment).add_(Part(weights, segment), _settings.WeightDecay);
        }

        var direction = gradient;
        if (_momentum is not null)
        {
            // torch begins with a copy of the first gradient; zeros times the momentum plus the gradient is the same.
            _momentum.Tensor.mul_(_settings.Momentum).add_(gradient);
            direction = _settings.Nesterov ? gradient.add_(_momentum.Tensor, _settings.Momentum) : _momentum.Tensor;
        }

        foreach (var segment in Layout.Segments)
            Part(weights, segment).add_(Part(direction, segment), -rate * segment.Rule.RateScale);
    }
}
