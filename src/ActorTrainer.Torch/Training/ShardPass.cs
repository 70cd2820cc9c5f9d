using System.Diagnostics;
using System.Numerics;
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

/// <summary>
/// Forward and backward for one shard of a batch: leaves its gradients and weighted statistics in the replica's work vector. Losses stay on the device until
/// <see cref="TakeTails"/>: the host waits for it once a step.
/// </summary>
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

    /// <summary>Of the shards since the last <see cref="TakeTails"/>: losses, then winners, fp64; null: no samples.</summary>
    private readonly List<(int Shard, int First, int End, Tensor? Outcome)> _outcomes = [];

    /// <param name="first">The shard's samples among those that were loaded, half open.</param>
    /// <param name="atSeam">
    /// Called once on the way back, or at its end: the gradients of all parameters behind the model's seam, and the statistics, are in the work vector; the
    /// others' are not.
    /// </param>
    public void Run(HostBatch batch, StepCoordinates at, int shard, int first, int end, Action? atSeam = null)
    {
        if (first == end)
        {
            replica.Work.Tensor.zero_();
            _outcomes.Add((shard, first, end, null));
            atSeam?.Invoke();
            return;
        }

        using var scope = NewDisposeScope();
        replica.ResetWork();
        long began = Stopwatch.GetTimestamp();
        random.Set(seed, at.Step.Value, shard);
        var (seam, output) = Forward(batch, first, end);
        var logits = output.dtype == replica.Type ? output : output.to(replica.Type);
        Failpoint.Hit(Failpoints.StepForward);
        var labels = Labels(batch, first, end, (int)logits.shape[1]);
        var losses = nn.functional.cross_entropy(logits, labels, reduction: nn.Reduction.None, label_smoothing: labelSmoothing);
        _forward += Stopwatch.GetElapsedTime(began);
        losses.dot(Shares(batch, first, end)).backward();
        WeightStatistics((double)(end - first) / batch.WholeCount);
        atSeam?.Invoke();
        seam?.GoOn();
        using var still = no_grad();
        _outcomes.Add((shard, first, end, cat([losses.to(ScalarType.Float64), logits.argmax(1).to(ScalarType.Float64)]).DetachFromDisposeScope()));
    }

    /// <summary>
    /// The tails of the shards that ran, and the values of <paramref name="scalars"/> of the device: all in one copy, which waits for what the device has to do.
    /// </summary>
    public (IReadOnlyList<(int Shard, StepTail Tail)> Tails, double[] Scalars) TakeTails(HostBatch batch, IEnumerable<Tensor> scalars)
    {
        using var scope = NewDisposeScope();
        Tensor[] wanted = [.. scalars];
        var parts = _outcomes.Select(shard => shard.Outcome).OfType<Tensor>().Concat(wanted.Select(scalar => scalar.to(ScalarType.Float64).view(1))).ToArray();
        var all = cat(parts);
        var values = MemoryMarshal.Cast<byte, double>((replica.Device.type == DeviceType.CPU ? all : all.cpu()).bytes);
        var tails = new List<(int, StepTail)>();
        foreach (var (shard, first, end, outcome) in _outcomes)
        {
            int read = outcome is null ? 0 : 2 * (end - first);
            tails.Add((shard, outcome is null ? default : Tail(batch, values[..read], first)));
            values = values[read..];
        }

        double[] rest = values.ToArray();
        Discard();
        return (tails, rest);
    }

    /// <summary>Forgets what was not taken, of a step that broke off; what still copies its input may copy anything by now.</summary>
    public void Discard()
    {
        input.Staging.Reset();
        foreach (var (_, _, _, outcome) in _outcomes) outcome?.Dispose();
        _outcomes.Clear();
    }

    /// <summary>Logits, and where the way back stops; null: it need not go beyond the seam.</summary>
    private (Seam?, Tensor Logits) Forward(HostBatch batch, int first, int end)
    {
        if (batch.FeatureBytes > 0)
        {
            var features = FeaturesToDevice(batch, first, end);
            return (null, Automatic(() => replica.Model.Logits(features)));
        }

        var pictures = input.ToDevice(batch, first, end);
        var middle = Automatic(() => replica.Model.Front(pictures));
        var seam = middle.requires_grad ? new Seam(middle) : null;
        return (seam, Automatic(() => replica.Model.Logits(replica.Model.Rear(seam?.Behind ?? middle))));
    }

    private Tensor FeaturesToDevice(HostBatch batch, int first, int end)
    {
        int bytes = replica.FeatureCount * replica.ElementBytes;
        // A product of wrong shapes ends the process.
        if (batch.FeatureBytes != bytes) throw new ArgumentException($"Features of {batch.FeatureBytes} bytes a sample, where the head takes {bytes}.", nameof(batch));
        var host = input.Staging.Rent([end - first, replica.FeatureCount], replica.Type);
        batch.Features.Span[(first * batch.FeatureBytes)..(end * batch.FeatureBytes)].CopyTo(host.bytes);
        return input.Staging.ToDevice(host);
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
        var labels = input.Staging.Rent([end - first], ScalarType.Int64);
        var values = MemoryMarshal.Cast<byte, long>(labels.bytes);
        for (int i = 0; i < values.Length; i++)
        {
            int label = batch.Labels[first + i];
            // An index out of range is undefined behaviour on some devices.
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)label, (uint)classes, nameof(batch));
            values[i] = label;
        }

        return input.Staging.ToDevice(labels);
    }

    /// <summary>Each sample's share of the whole batch's loss: its weight by the batch's.</summary>
    private Tensor Shares(HostBatch batch, int first, int end)
    {
        var shares = input.Staging.Rent([end - first], replica.Type);
        if (replica.Type == ScalarType.Float64) Fill<double>(shares.bytes);
        else Fill<float>(shares.bytes);
        return input.Staging.ToDevice(shares);

        void Fill<T>(Span<byte> bytes) where T : unmanaged, INumberBase<T>
        {
            var values = MemoryMarshal.Cast<byte, T>(bytes);
            for (int i = 0; i < values.Length; i++) values[i] = T.CreateSaturating(batch.WholeWeight > 0 ? batch.Weights[first + i] / batch.WholeWeight : 0);
        }
    }

    private void WeightStatistics(double share)
    {
        if (replica.Layout.StatisticElements > 0 && share != 1) replica.StatisticsOf(replica.Work).mul_(Number.Of(share));
    }

    /// <summary>Sums in fp64, in the order of positions.</summary>
    /// <param name="outcome">Losses, then winners.</param>
    private static StepTail Tail(HostBatch batch, ReadOnlySpan<double> outcome, int first)
    {
        int count = outcome.Length / 2;
        double sum = 0, weight = 0;
        int correct = 0, samples = 0;
        for (int i = 0; i < count; i++)
        {
            double share = batch.Weights[first + i];
            sum += share * outcome[i];
            weight += share;
            if (share <= 0) continue;
            samples++;
            if ((long)outcome[count + i] == batch.Labels[first + i]) correct++;
        }

        return new(sum, weight, correct, samples, StepRequest.None);
    }
}
