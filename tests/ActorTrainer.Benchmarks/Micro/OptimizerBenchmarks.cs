using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Gradients;
using ActorTrainer.Torch.Training;
using BenchmarkDotNet.Attributes;
using static TorchSharp.torch;

namespace ActorTrainer.Benchmarks.Micro;

/// <summary>One update of four million weights (a third of ResNet-18) on one thread.</summary>
public class OptimizerBenchmarks
{
    private const int Weights = 1 << 22;

    private FlatVector? _weights, _gradient;
    private FlatOptimizer? _optimizer;

    [Params(OptimizerType.Sgd, OptimizerType.AdamW)]
    public OptimizerType Type { get; set; }

    [GlobalSetup]
    public void Create()
    {
        set_num_threads(1);
        var layout = FlatLayout.Create([new("weight", [Weights], new(1, true))], [], sizeof(float));
        FlatVector Zeros() => new(Weights, ScalarType.Float32, CPU);
        (_weights, _gradient) = (Zeros(), Zeros());
        _optimizer = FlatOptimizer.Create(new() { Type = Type, LearningRate = 0.01, Momentum = 0.9 }, layout, Zeros);
    }

    [Benchmark]
    public void Update()
    {
        using var noGradient = no_grad();
        _optimizer!.Update(_weights!, _gradient!, 0.01);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _optimizer?.Dispose();
        _weights?.Dispose();
        _gradient?.Dispose();
    }
}
