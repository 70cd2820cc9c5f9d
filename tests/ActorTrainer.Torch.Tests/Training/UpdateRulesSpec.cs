using System.Collections.Immutable;
using ActorTrainer.Torch.Gradients;
using ActorTrainer.Torch.Training;

namespace ActorTrainer.Torch.Tests.Training;

public sealed class UpdateRulesSpec
{
    [Fact]
    public void The_last_scale_that_names_a_parameter_wins()
    {
        var rules = Rules(new() { RateScale = [("all", 0.1), ("head", 20), ("fc3.bias", 5)] });

        Assert.Equal([0.1, 20, 5], new[] { "conv1.weight", "fc3.weight", "fc3.bias" }.Select(name => rules(name).RateScale));
    }

    [Fact]
    public void Layer_decay_counts_the_blocks_from_the_head()
    {
        var rules = Rules(new() { LayerDecay = 0.5, RateScale = [("conv2.*", 3)] });

        Assert.Equal([1, 0.5, 0.25, 3 * 0.125, 0.0625], new[] { "fc3.weight", "fc2.bias", "fc1.weight", "conv2.weight", "conv1.bias" }.Select(name => rules(name).RateScale));
    }

    [Fact]
    public void Decay_leaves_norms_and_biases_out_unless_told_otherwise()
    {
        var without = Rules(new() { Optimizer = Course.AdamW });
        var with = Rules(new() { Optimizer = Course.AdamW with { DecayNormAndBias = true } });

        Assert.True(without("fc1.weight").Decays);
        Assert.False(without("fc1.bias").Decays);
        Assert.True(with("fc1.bias").Decays);
    }

    private static Func<string, UpdateRule> Rules(Course.Leg leg)
    {
        var course = new Course { Legs = [leg] };
        using var model = Some.Model(Some.Description(channels: 1, imageSize: 16));
        var rules = new UpdateRules(course.Phase(0), model);
        var shapes = model.named_parameters().ToDictionary(entry => entry.name, entry => entry.parameter.shape.ToImmutableArray());
        return name => rules.Of(name, shapes[name]);
    }
}
