using System.Buffers;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Models;
using ActorTrainer.Torch.Inference;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Tests.Inference;

public class InputPipelineSpec
{
    private static readonly InputNormalization ImageNet = new([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Pixels_become_normalised_channels_first_input(bool channelsLast)
    {
        using var batch = Batch(count: 3, height: 4, width: 5, channels: 3);
        using var pipeline = new InputPipeline(ImageNet, CPU, ScalarType.Float64, channelsLast);
        using var input = pipeline.ToDevice(batch, 1, 3);

        Assert.Equal([2, 3, 4, 5], input.shape);
        Assert.Equal(!channelsLast, input.is_contiguous());
        var pixels = batch.Pixels.Span;
        for (int n = 0; n < 2; n++)
            for (int c = 0; c < 3; c++)
                for (int y = 0; y < 4; y++)
                    for (int x = 0; x < 5; x++)
                        Assert.Equal((pixels[(((n + 1) * 4 + y) * 5 + x) * 3 + c] / 255.0 - ImageNet.Mean[c]) / ImageNet.Std[c], input[n, c, y, x].item<double>(), 12);
    }

    [Fact]
    public void Built_in_preprocessing_gets_the_pixels_as_they_are()
    {
        using var batch = Batch(2, 3, 3, 1);
        using var pipeline = new InputPipeline(new([], [], BuiltIn: true), CPU, ScalarType.Float32);
        using var input = pipeline.ToDevice(batch);
        Assert.Equal(batch.Pixels.ToArray().Select(pixel => (float)pixel), input.data<float>().ToArray());
    }

    [Fact]
    public void An_empty_range_is_an_empty_input()
    {
        using var batch = Batch(2, 3, 3, 3);
        using var pipeline = new InputPipeline(ImageNet, CPU, ScalarType.Float32);
        using var input = pipeline.ToDevice(batch, 1, 1);
        Assert.Equal([0, 3, 3, 3], input.shape);
    }

    private static HostBatch Batch(int count, int height, int width, int channels)
    {
        int bytes = count * height * width * channels;
        var memory = MemoryPool<byte>.Shared.Rent(bytes);
        for (int i = 0; i < bytes; i++) memory.Memory.Span[i] = (byte)(i * 37 + 11);
        return new(new(1, 0, [.. Enumerable.Range(0, count)]), height, width, channels, memory, new int[count], [.. Enumerable.Repeat(1f, count)]);
    }
}
