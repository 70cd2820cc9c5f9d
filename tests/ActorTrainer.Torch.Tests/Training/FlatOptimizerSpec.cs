using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Gradients;
using ActorTrainer.Torch.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Tests.Training;

/// <summary>The flat update rules against libtorch's own optimizers, in fp64.</summary>
public sealed class FlatOptimizerSpec
{
    private const int Steps = 20;

    public static TheoryData<string, OptimizerSettings, Func<IEnumerable<Parameter>, optim.Optimizer>> Rules => new()
    {
        { "sgd", Sgd(0, 0, false), parameters => optim.SGD(parameters, 0.1) },
        { "sgd, decay", Sgd(0, 0.01, false), parameters => optim.SGD(parameters, 0.1, weight_decay: 0.01) },
        { "sgd, momentum, decay", Sgd(0.9, 0.01, false), parameters => optim.SGD(parameters, 0.1, momentum: 0.9, weight_decay: 0.01) },
        { "sgd, nesterov, decay", Sgd(0.9, 0.01, true), parameters => optim.SGD(parameters, 0.1, momentum: 0.9, weight_decay: 0.01, nesterov: true) },
        { "adam", Adam(OptimizerType.Adam, 0), parameters => optim.Adam(parameters, 0.1, 0.8, 0.95, 1e-4) },
        { "adam, decay", Adam(OptimizerType.Adam, 0.01), parameters => optim.Adam(parameters, 0.1, 0.8, 0.95, 1e-4, weight_decay: 0.01) },
        { "adamw", Adam(OptimizerType.AdamW, 0.01), parameters => optim.AdamW(parameters, 0.1, 0.8, 0.95, 1e-4, weight_decay: 0.01) },
    };

    [Theory]
    [MemberData(nameof(Rules))]
    public void It_moves_weights_as_torchs_optimizer_does(string name, OptimizerSettings settings, Func<IEnumerable<Parameter>, optim.Optimizer> reference)
    {
        using var scope = NewDisposeScope();
        var parameters = new[] { new Parameter(Values(0, 6).view(2, 3)), new Parameter(Values(1, 5)) };
        using var optimizer = reference(parameters);
        var layout = FlatLayout.Create([new("a", [2, 3], new(1, true)), new("b", [5], new(1, true))], [], sizeof(double));
        using var flat = FlatOptimizer.Create(settings, layout, New);
        using FlatVector weights = New(), gradient = New();
        for (int i = 0; i < 2; i++) weights.View(layout.Parameters[i]).copy_(parameters[i].detach());

        for (int step = 0; step < Steps; step++)
        {
            gradient.Tensor.zero_();
            for (int i = 0; i < 2; i++)
            {
                var given = Values(10 + 2 * step + i, layout.Parameters[i].Count).view([.. layout.Parameters[i].Shape]);
                parameters[i].grad = given;
                gradient.View(layout.Parameters[i]).copy_(given);
            }

            optimizer.step();
            flat.Update(weights, gradient, 0.1);
        }

        for (int i = 0; i < 2; i++)
            Assert.True(weights.View(layout.Parameters[i]).allclose(parameters[i].detach(), rtol: 1e-12, atol: 1e-14), name);

        FlatVector New() => new(layout.ParameterElements, ScalarType.Float64, CPU);
    }

    [Fact]
    public void A_segment_moves_by_its_own_rate_and_decay()
    {
        using var scope = NewDisposeScope();
        var layout = FlatLayout.Create([new("a", [1], new(1, true)), new("b", [1], new(10, false)), new("c", [1], new(0, true))], [], sizeof(double));
        using var flat = FlatOptimizer.Create(Sgd(0, 0.5, false), layout, New);
        using FlatVector weights = New(), gradient = New();
        weights.Tensor.fill_(1);
        gradient.Tensor.fill_(2);

        flat.Update(weights, gradient, 0.01);

        Assert.Equal([1 - 0.01 * 2.5, 1 - 0.1 * 2, 1], layout.Parameters.Select(slot => weights.View(slot).item<double>()));

        FlatVector New() => new(layout.ParameterElements, ScalarType.Float64, CPU);
    }

    [Theory]
    [InlineData(OptimizerType.Sgd)]
    [InlineData(OptimizerType.AdamW)]
    public void Cut_and_whole_it_moves_to_the_same_bits(OptimizerType type)
    {
        using var scope = NewDisposeScope();
        var layout = FlatLayout.Create([new("a", [600_011], new(1, true)), new("b", [5], new(10, false))], [], sizeof(float));
        var settings = type == OptimizerType.Sgd ? Sgd(0.9, 0.01, true) : Adam(type, 0.01);
        Assert.Equal(Moved(isCut: true), Moved(isCut: false));

        byte[] Moved(bool isCut)
        {
            using var flat = FlatOptimizer.Create(settings, layout, New, isCut);
            using FlatVector weights = New(), gradient = New();
            weights.Tensor.copy_(Values(0, layout.ParameterElements));
            for (int step = 1; step <= 3; step++)
            {
                gradient.Tensor.copy_(Values(step, layout.ParameterElements));
                flat.Update(weights, gradient, 0.1);
            }

            return weights.Tensor.bytes.ToArray();
        }

        FlatVector New() => new(layout.ParameterElements, ScalarType.Float32, CPU);
    }

    private static OptimizerSettings Sgd(double momentum, double decay, bool nesterov) =>
        new() { Type = OptimizerType.Sgd, LearningRate = 0.1, Momentum = momentum, Nesterov = nesterov, WeightDecay = decay };

    private static OptimizerSettings Adam(OptimizerType type, double decay) =>
        new() { Type = type, LearningRate = 0.1, Beta1 = 0.8, Beta2 = 0.95, Epsilon = 1e-4, WeightDecay = decay };

    private static Tensor Values(int salt, long count) => arange(count, ScalarType.Float64).add_(salt * 1.7).sin_();
}
