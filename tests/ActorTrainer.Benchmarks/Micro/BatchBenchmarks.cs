using ActorTrainer.Core.Data;
using ActorTrainer.Data;
using ActorTrainer.Data.Inputs;
using BenchmarkDotNet.Attributes;

namespace ActorTrainer.Benchmarks.Micro;

/// <summary>A batch of 32 pictures from bytes in memory to pixels, on one thread: decode, random resized crop to 224 x 224, flip.</summary>
public class BatchBenchmarks
{
    private const int Batch = 32;

    private IDataSet? _data;
    private IBatchSource? _source;
    private int _epoch;

    [Params(PictureDecoding.Exact, PictureDecoding.Fast)]
    public PictureDecoding Decode { get; set; }

    [GlobalSetup]
    public void Open()
    {
        _data = ImageInputs.Of([.. Enumerable.Range(0, Batch).Select(i => ($"{i}", (ReadOnlyMemory<byte>)SomePictures.Jpeg(i)))]);
        ImageTransform[] transforms = [new ImageTransform.RandomResizedCrop(224, 0.08, 1, 3.0 / 4, 4.0 / 3), new ImageTransform.HorizontalFlip(0.5)];
        _source = new DataReader().OpenBatches(_data, new([.. transforms], 3, 224, Rgb.White, CorruptFilePolicy.Fail, [], 1, 1) { Decode = Decode });
    }

    [Benchmark]
    public async Task Load()
    {
        using var batch = await _source!.LoadAsync(new(0, _epoch++, [.. Enumerable.Range(0, Batch)]), CancellationToken.None).ConfigureAwait(false);
    }

    [GlobalCleanup]
    public void Close()
    {
        _source?.Dispose();
        _data?.Dispose();
    }
}
