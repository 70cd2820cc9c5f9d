using ActorTrainer.Data.Augmentation;
using ActorTrainer.Data.Decoding;
using BenchmarkDotNet.Attributes;

namespace ActorTrainer.Benchmarks.Micro;

/// <summary>A crop of 320 x 250 to 224 x 224, antialiased bilinear: with vectors where the processor has them, and without.</summary>
public class ResizeBenchmarks
{
    private readonly Raster _picture = new(), _target = new();
    private readonly Resampler _vectors = new(), _scalar = new() { Scalar = true };

    public ResizeBenchmarks() => _picture.Resize(SomePictures.Width, SomePictures.Height);

    [Benchmark(Baseline = true)]
    public int Vectors() => Resize(_vectors);

    [Benchmark]
    public int Scalar() => Resize(_scalar);

    private int Resize(Resampler resampler)
    {
        resampler.Resize(_picture, new(90, 60, 320, 250), 224, 224, new(0, 0, 224, 224), _target);
        return _target.Width;
    }
}
