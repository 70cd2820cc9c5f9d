using ActorTrainer.Core.Data;
using ActorTrainer.Data.Augmentation;
using ActorTrainer.Data.Decoding;
using BenchmarkDotNet.Attributes;

namespace ActorTrainer.Benchmarks.Micro;

/// <summary>A JPEG of 500 x 375: all of it, and what a crop of a typical size needs of it.</summary>
public class DecodeBenchmarks
{
    private readonly Workspace _workspace = new();
    private readonly byte[] _file = SomePictures.Jpeg(1);

    [Benchmark(Baseline = true)]
    public int Whole() => Decode(Crop(0, 0, SomePictures.Width, SomePictures.Height), PictureDecoding.Exact, isSound: false);

    [Benchmark]
    public int Part() => Decode(Crop(90, 60, 320, 250), PictureDecoding.Exact, isSound: false);

    /// <summary>What later epochs do: the rows below are known to be there.</summary>
    [Benchmark]
    public int PartOfSoundFile() => Decode(Crop(90, 60, 320, 250), PictureDecoding.Exact, isSound: true);

    /// <summary>At half size.</summary>
    [Benchmark]
    public int Fast() => Decode(Crop(0, 0, SomePictures.Width, SomePictures.Height) with { Width = 250, Height = 187, Window = new(0, 0, 250, 187) }, PictureDecoding.Fast, isSound: false);

    private int Decode(Framing framing, PictureDecoding mode, bool isSound) => ImageDecoder.Decode(_file, _workspace, Rgb.White, framing, mode, isSound).Top;

    private static Framing Crop(int left, int top, int width, int height) =>
        new(new(SomePictures.Width, SomePictures.Height), new(left, top, width, height), width, height, new(0, 0, width, height));
}
