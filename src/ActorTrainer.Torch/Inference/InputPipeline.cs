using ActorTrainer.Core.Data;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Devices;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Inference;

/// <summary>
/// From uint8 pixels in host memory to a model's input on the device: one copy into libtorch's own memory, one to the device, the rest there.
/// Used on the thread that made it.
/// </summary>
public sealed class InputPipeline : IDisposable
{
    private readonly ScalarType _type;
    private readonly bool _channelsLast;
    private readonly int? _channels;
    private readonly Tensor? _mean, _std;

    /// <param name="type">Of the model's input: float32 or float64.</param>
    /// <param name="channelsLast">Leaves the pixels in memory as they come, N x H x W x C, under N x C x H x W strides.</param>
    public InputPipeline(InputNormalization normalize, Device device, ScalarType type, bool channelsLast = false)
    {
        (Staging, _type, _channelsLast) = (new(device), type, channelsLast);
        if (normalize.BuiltIn) return;
        _channels = normalize.Mean.Length;
        _mean = Constant([.. normalize.Mean]);
        _std = Constant([.. normalize.Std]);

        Tensor Constant(double[] values) => tensor(values, [1, values.Length, 1, 1], dtype: type, device: device).DetachFromDisposeScope();
    }

    /// <summary>To be reset when the device has come past what was copied.</summary>
    internal HostStaging Staging { get; }

    public Tensor ToDevice(HostBatch batch) => ToDevice(batch, 0, batch.Count);

    /// <summary>The samples from <paramref name="first"/> up to <paramref name="end"/>; N x C x H x W. The caller disposes it.</summary>
    public Tensor ToDevice(HostBatch batch, int first, int end)
    {
        if (_channels is { } channels && channels != batch.Channels)
            throw new EngineException($"Normalisation is for {channels} channels, but the pictures have {batch.Channels}.");
        int bytes = batch.Height * batch.Width * batch.Channels;
        using var scope = NewDisposeScope();
        using var still = no_grad();
        var host = Staging.Rent([end - first, batch.Height, batch.Width, batch.Channels], ScalarType.Byte);
        if (end > first) batch.Pixels.Span[(first * bytes)..(end * bytes)].CopyTo(host.bytes);
        var pixels = Staging.ToDevice(host).permute(0, 3, 1, 2);
        var input = (_channelsLast ? pixels : pixels.contiguous()).to(_type);
        if (_mean is not null) input.div_(Number.Of(255)).sub_(_mean).div_(_std!);
        return input.MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        _mean?.Dispose();
        _std?.Dispose();
        Staging.Dispose();
    }
}
