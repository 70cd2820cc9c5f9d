using System.Runtime.InteropServices;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Gradients;

/// <summary>
/// Gradients that were rounded to bf16, each shard's and each sum, and behind them the statistics in fp32, as they travel. On CPUs: the sums are ours, to the
/// same bits as in the exchange.
/// </summary>
internal sealed class Bf16Sum : IShardSum
{
    private readonly FlatLayout _layout;
    private readonly byte[] _bytes;

    /// <param name="layout">Of the work vector, in fp32.</param>
    /// <exception cref="EngineException">The device is no CPU.</exception>
    public Bf16Sum(FlatLayout layout, Device device)
    {
        if (device.type != DeviceType.CPU) throw new EngineException("training.gradients = bf16 is for CPUs, and this trains on another device: choose full, or resources.device = cpu.");
        _layout = layout;
        _bytes = GC.AllocateUninitializedArray<byte>(BytesOf(layout), pinned: true);
    }

    public int? GradientBytes => GradientBytesOf(_layout);

    private Span<ushort> Gradients => MemoryMarshal.Cast<byte, ushort>(_bytes.AsSpan(0, GradientBytesOf(_layout)));
    private Span<float> Statistics => MemoryMarshal.Cast<byte, float>(_bytes.AsSpan(GradientBytesOf(_layout)));

    public void Take(FlatVector work, FlatPart? part = null)
    {
        foreach (var (gradients, statistics) in RunsOf(part))
        {
            Bf16.Round(GradientsOf(work, _layout)[gradients], Gradients[gradients]);
            StatisticsOf(work, _layout)[statistics].CopyTo(Statistics[statistics]);
        }
    }

    public void Add(IShardSum right, FlatPart? part = null)
    {
        var other = (Bf16Sum)right;
        foreach (var (gradients, statistics) in RunsOf(part))
        {
            Bf16.Add(Gradients[gradients], other.Gradients[gradients]);
            SubtreeSums.Add(Statistics[statistics], other.Statistics[statistics]);
        }
    }

    public Tensor Check(FlatPart? part = null)
    {
        bool finite = true;
        foreach (var (gradients, statistics) in RunsOf(part))
        {
            finite &= Bf16.AreFinite(Gradients[gradients]);
            foreach (float statistic in Statistics[statistics]) finite &= float.IsFinite(statistic);
        }

        return tensor(finite ? 0.0 : double.NaN);
    }

    /// <summary>Each run's gradients and statistics.</summary>
    private IEnumerable<(Range Gradients, Range Statistics)> RunsOf(FlatPart? part)
    {
        int middle = (int)_layout.ParameterElements;
        foreach (var (offset, count) in part?.Runs ?? [(0, _layout.Elements)])
        {
            var (first, end) = ((int)offset, (int)(offset + count));
            yield return (Math.Min(first, middle)..Math.Min(end, middle), Math.Max(first - middle, 0)..Math.Max(end - middle, 0));
        }
    }

    public Memory<byte> HandOut() => _bytes;

    /// <summary>What was handed out, here or elsewhere, back into fp32: exact.</summary>
    public static void Widen(ReadOnlySpan<byte> sum, FlatLayout layout, FlatVector work)
    {
        if (sum.Length != BytesOf(layout)) throw new ArgumentException($"A sum of {sum.Length} bytes where {BytesOf(layout)} are needed.", nameof(sum));
        Bf16.Widen(MemoryMarshal.Cast<byte, ushort>(sum[..GradientBytesOf(layout)]), GradientsOf(work, layout));
        MemoryMarshal.Cast<byte, float>(sum[GradientBytesOf(layout)..]).CopyTo(StatisticsOf(work, layout));
    }

    public void Dispose()
    {
    }

    private static int GradientBytesOf(FlatLayout layout) => checked((int)layout.ParameterElements * sizeof(ushort));

    private static int BytesOf(FlatLayout layout) => checked((int)((layout.ParameterElements * sizeof(ushort)) + (layout.StatisticElements * sizeof(float))));

    /// <summary>Of a CPU's vector, where it stands.</summary>
    private static Span<float> GradientsOf(FlatVector work, FlatLayout layout) => MemoryMarshal.Cast<byte, float>(work.Tensor.bytes)[..(int)layout.ParameterElements];

    /// <inheritdoc cref="GradientsOf"/>
    private static Span<float> StatisticsOf(FlatVector work, FlatLayout layout) => MemoryMarshal.Cast<byte, float>(work.Tensor.bytes)[(int)layout.ParameterElements..];
}
