using ActorTrainer.Core.Gradients;
using BenchmarkDotNet.Attributes;

namespace ActorTrainer.Benchmarks.Micro;

/// <summary>The sum of eight shards' gradients along the fixed tree, in host memory, a million floats each.</summary>
public class TreeSumBenchmarks
{
    private const int Shards = 8, Floats = 1 << 20;

    private readonly float[][] _shards = [.. Enumerable.Range(0, Shards).Select(_ => new float[Floats])];

    private readonly ushort[][] _halves = [.. Enumerable.Range(0, Shards).Select(_ => new ushort[Floats])];

    /// <summary>In bf16, each sum rounded.</summary>
    [Benchmark]
    public int SumBf16()
    {
        var tree = new SubtreeSum<ushort[]>((left, right) =>
        {
            Bf16.Add(left, right);
            return left;
        });
        for (int shard = 0; shard < Shards; shard++) tree.Add(new(shard, 1), _halves[shard]);
        return tree.Parts.Count;
    }

    [Benchmark]
    public int Sum()
    {
        var tree = new SubtreeSum<float[]>((left, right) =>
        {
            SubtreeSums.Add(left.AsSpan(), right);
            return left;
        });
        for (int shard = 0; shard < Shards; shard++) tree.Add(new(shard, 1), _shards[shard]);
        return tree.Parts.Count;
    }
}
