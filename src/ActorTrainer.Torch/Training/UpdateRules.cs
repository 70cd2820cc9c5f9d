using System.Collections.Frozen;
using System.Collections.Immutable;
using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Gradients;
using ActorTrainer.Torch.Models;

namespace ActorTrainer.Torch.Training;

/// <summary>How fast each parameter of a phase moves and whether decay reaches it: pure functions of the phase's settings and the model.</summary>
internal sealed class UpdateRules
{
    private readonly PhaseSettings _phase;
    private readonly ImmutableArray<ImmutableArray<string>> _blocks;
    private readonly ImmutableArray<(FrozenSet<string> Names, double Factor)> _scales;

    public UpdateRules(PhaseSettings phase, ImageModel model)
    {
        (_phase, _blocks) = (phase, model.Blocks);
        _scales = [.. phase.LearningRateScale.Select(scale => (ParameterGroups.Match(scale.Pattern, model).ToFrozenSet(StringComparer.Ordinal), scale.Factor))];
    }

    public UpdateRule Of(string parameter, ImmutableArray<long> shape) => new(
        RateScale(parameter),
        _phase.Optimizer.WeightDecay != 0 && (_phase.Optimizer.DecayNormAndBias || shape.Length > 1));

    /// <summary>Layer decay to the power of the blocks between a parameter and the head, times the last scale that names it.</summary>
    private double RateScale(string parameter)
    {
        double factor = 1;
        foreach (var (names, named) in _scales)
        {
            if (names.Contains(parameter)) factor = named;
        }

        return _phase.LayerDecay is { } decay ? factor * Math.Pow(decay, BlocksFromHead(parameter)) : factor;
    }

    private int BlocksFromHead(string parameter)
    {
        for (int block = _blocks.Length - 1; block > 0; block--)
        {
            if (_blocks[block].Any(prefix => parameter.StartsWith(prefix, StringComparison.Ordinal))) return _blocks.Length - 1 - block;
        }

        // What belongs to no block (class tokens, position embeddings) stands at the input.
        return _blocks.Length - 1;
    }
}
