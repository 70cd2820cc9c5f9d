using System.Diagnostics;
using System.Runtime.InteropServices;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Devices;
using ActorTrainer.Torch.Inference;
using ActorTrainer.Torch.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Training;

/// <summary>Forward and backward for one shard of a batch: leaves its gradients and weighted statistics in the replica's work vector.</summary>
internal sealed class ShardPass(Replica replica, RandomContext random, InputPipeline input, ulong seed, double labelSmoothing, Autocast? autocast)
{
    /// <summary>What forward passes have taken since the last <see cref="TakeForwardTime"/>.</summary>
    private TimeSpan _forward;

    public TimeSpan TakeForwardTime()
    {
        var taken = _forward;
        _forward = default;
        return taken;
    }

    /// <param name="first">The shard's samples among those that were loaded, half open.</param>
    public StepTail Run(HostBatch batch, StepCoordinates at, int shard, int first, int end)
    {
        if (first == end)
        {
            replica.Work.Tensor.zero_();
            return default;
        }

        using var scope = NewDisposeScope();
        replica.ResetWork();
        long began = Stopwatch.GetTimestamp();
        random.Set(seed, at.Step.Value, shard);
        var logits = Forward(batch, first, end).to(replica.Type);
        Failpoint.Hit(Failpoints.StepForward);
        var labels = Labels(batch, first, end, (int)logits.shape[1]);
        var losses = nn.functional.cross_entropy(logits, labels, reduction: nn.Reduction.None, label_smoothing: labelSmoothing);
        _forward += Stopwatch.GetElapsedTime(began);
        losses.dot(Shares(batch, first, end)).backward();
        WeightStatistics((double)(end - first) / batch.WholeCount);
        return Tail(batch, losses, logits, first, end);
    }

    private Tensor Forward(HostBatch batch, int first, int end)
    {
        if (batch.FeatureBytes > 0)
        {
            var features = FeaturesToDevice(batch, first, end);
            return Automatic(() => replica.Model.Logits(features));
        }

        var pictures = input.ToDevice(batch, first, end);
        return Automatic(() => replica.Model.call(pictures));
    }

    private Tensor FeaturesToDevice(HostBatch batch, int first, int end)
    {
        int bytes = replica.FeatureCount * replica.ElementBytes;
        // A product of wrong shapes ends the process.
        if (batch.FeatureBytes != bytes) throw new ArgumentException($"Features of {batch.FeatureBytes} bytes a sample, where the head takes {bytes}.", nameof(batch));
        var host = empty([end - first, replica.FeatureCount], replica.Type, CPU);
        batch.Features.Span[(first * batch.FeatureBytes)..(end * batch.FeatureBytes)].CopyTo(host.bytes);
        return host.to(replica.Device);
    }

    private Tensor Automatic(Func<Tensor> forward)
    {
        if (autocast is null) return forward();
        using (autocast.Enter()) return forward();
    }

    /// <summary>What the head is given of these pictures, in evaluation mode: N x F in the master precision, on the device. The caller disposes it.</summary>
    public Tensor Features(HostBatch pictures)
    {
        using var scope = NewDisposeScope();
        using var still = no_grad();
        replica.Model.eval();
        try
        {
            var images = input.ToDevice(pictures);
            return Automatic(() => replica.Model.Features(images)).to(replica.Type).contiguous().MoveToOuterDisposeScope();
        }
        finally
        {
            replica.SetModes();
        }
    }

    private Tensor Labels(HostBatch batch, int first, int end, int classes)
    {
        var labels = empty(end - first, ScalarType.Int64, CPU);
        var values = MemoryMarshal.Cast<byte, long>(labels.bytes);
        for (int i = 0; i < values.Length; i++)
        {
            int label = batch.Labels[first + i];
            // An index out of range is undefined behaviour on some devices.
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)label, (uint)classes, nameof(batch));
            values[i] = label;
        }

        return labels.to(replica.Device);
    }

    /// <summary>Each sample's share of the whole batch's loss: its weight by the batch's.</summary>
    private Tensor Shares(HostBatch batch, int first, int end)
    {
        var shares = empty(end - first, ScalarType.Float64, CPU);
        var values = MemoryMarshal.Cast<byte, double>(shares.bytes);
        for (int i = 0; i < values.Length; i++) values[i] = batch.WholeWeight > 0 ? batch.Weights[first + i] / batch.WholeWeight : 0;
        return shares.to(replica.Type, replica.Device);
    }

    private void WeightStatistics(double share)
    {
        if (replica.Layout.StatisticElements > 0 && share != 1) replica.StatisticsOf(replica.Work).mul_(Number.Of(share));
    }

    /// <summary>Sums in fp64, in the order of positions.</summary>
    private static StepTail Tail(HostBatch batch, Tensor losses, Tensor logits, int first, int end)
    {
        var loss = Values(losses);
        var winner = MemoryMarshal.Cast<byte, long>(OnHost(logits.argmax(1)).bytes);
        double sum = 0, weight = 0;
        int correct = 0, samples = 0;
        for (int i = 0; i < end - first; i++)
        {
            double share = batch.Weights[first + i];
            sum += share * loss[i];
            weight += share;
            if (share <= 0) continue;
            samples++;
            if (winner[i] == batch.Labels[first + i]) correct++;
        }

        return new(sum, weight, correct, samples, StepRequest.None);
    }

    private static double[] Values(Tensor tensor)
    {
        var bytes = OnHost(tensor).bytes;
        if (tensor.dtype == ScalarType.Float64) return MemoryMarshal.Cast<byte, double>(bytes).ToArray();
        double[] values = new double[tensor.numel()];
        var floats = MemoryMarshal.Cast<byte, float>(bytes);
        for (int i = 0; i < values.Length; i++) values[i] = floats[i];
        return values;
    }

    /// <summary>A head's step takes a tenth of a millisecond, of which a call that does nothing would be a hundredth.</summary>
    private static Tensor OnHost(Tensor tensor) => tensor.device_type == DeviceType.CPU ? tensor : tensor.cpu();
}
