using BenchmarkDotNet.Attributes;
using static TorchSharp.torch;

namespace ActorTrainer.Benchmarks.Micro;

/// <summary>The largest product that libtorch's libraries make at full speed, on one thread: 2 * 2,048^3 = 17.2 billion operations. What no step can be faster than.</summary>
public class ProductBenchmarks
{
    private const int Side = 2048;

    private Tensor? _left, _right;

    [Params(ScalarType.BFloat16, ScalarType.Float32)]
    public ScalarType Type { get; set; }

    [GlobalSetup]
    public void Create()
    {
        set_num_threads(1);
        (_left, _right) = (ones([Side, Side], Type), ones([Side, Side], Type));
    }

    [Benchmark]
    public void Multiply()
    {
        using var product = matmul(_left!, _right!);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _left?.Dispose();
        _right?.Dispose();
    }
}
