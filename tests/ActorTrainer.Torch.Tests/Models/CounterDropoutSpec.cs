using ActorTrainer.Torch.Models.Layers;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Tests.Models;

public class CounterDropoutSpec
{
    [Fact]
    public void A_mask_depends_on_seed_step_shard_and_layer_alone()
    {
        using var scope = NewDisposeScope();
        var context = Some.Context();
        var first = new CounterDropout(0.5, context);
        var second = new CounterDropout(0.5, context);
        float[] Mask(CounterDropout layer, ulong seed, long step, int shard)
        {
            context.Random.Set(seed, step, shard);
            return layer.forward(ones([50, 20])).data<float>().ToArray();
        }

        float[] mask = Mask(first, 7, 3, 1);
        Assert.NotEqual(mask, Mask(second, 7, 3, 1));
        Assert.NotEqual(mask, Mask(first, 8, 3, 1));
        Assert.NotEqual(mask, Mask(first, 7, 4, 1));
        Assert.NotEqual(mask, Mask(first, 7, 3, 2));
        Assert.Equal(mask, Mask(first, 7, 3, 1));
    }

    [Fact]
    public void It_keeps_the_expectation_and_lets_gradients_through_where_values_stay()
    {
        using var scope = NewDisposeScope();
        var layer = new CounterDropout(0.25, Some.Context());
        var input = ones([100_000], requires_grad: true);
        var output = layer.forward(input);
        output.sum().backward();
        float[] values = output.data<float>().ToArray();
        Assert.Equal(values, input.grad!.data<float>().ToArray());
        Assert.Equal([0f, 4f / 3], values.Distinct().Order());
        Assert.InRange(values.Average(), 0.99, 1.01);
    }

    [Fact]
    public void It_does_nothing_in_evaluation()
    {
        using var scope = NewDisposeScope();
        var layer = new CounterDropout(0.9, Some.Context());
        layer.eval();
        var input = rand(10);
        Assert.Equal(input.data<float>().ToArray(), layer.forward(input).data<float>().ToArray());
    }
}
