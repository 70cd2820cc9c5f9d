using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Torch.Devices;
using TorchSharp;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Gradients;

/// <summary>
/// A flat one-axis tensor of the master precision, zero at first, that lives until it is disposed, whatever dispose scope is current.
/// It can be handed out as <see cref="Memory{T}"/>: a CPU's own memory, or <see cref="StagedMemory"/>.
/// </summary>
internal sealed class FlatVector : IShardSum
{
    private readonly Lazy<TensorMemory> _direct;
    private readonly Lazy<StagedMemory> _staged;
    private readonly Dictionary<(long Offset, long Count), Tensor> _kept = [];
    private readonly bool _isStaged;

    /// <param name="stage">Hand out a copy for the host even of a CPU's: what a GPU needs, for tests without one.</param>
    public FlatVector(long elements, ScalarType type, Device device, bool stage = false)
    {
        Tensor = torch.zeros(elements, dtype: type, device: device).DetachFromDisposeScope();
        (_direct, _staged) = (new(() => new(this)), new(() => new(Tensor, this)));
        _isStaged = stage || device.type != DeviceType.CPU;
    }

    public Tensor Tensor { get; }

    public int? GradientBytes => null;

    public void Take(FlatVector work, FlatPart? part = null) => Each(part, work, (into, from) => into.copy_(from));

    public void Add(IShardSum right, FlatPart? part = null) => Each(part, (FlatVector)right, (into, from) => into.add_(from, Number.One));

    public Tensor Check(FlatPart? part = null)
    {
        if (part is null) return Tensor.sum();
        using var scope = NewDisposeScope();
        return stack(part.Runs.Select(run => Part(run.Offset, run.Count).sum())).sum().MoveToOuterDisposeScope();
    }

    private void Each(FlatPart? part, FlatVector other, Action<Tensor, Tensor> act)
    {
        if (part is null)
        {
            act(Tensor, other.Tensor);
            return;
        }

        foreach (var (offset, count) in part.Runs)
        {
            using var into = Part(offset, count);
            using var from = other.Part(offset, count);
            act(into, from);
        }
    }

    /// <summary>The bytes as they are now on the device; they are not looked at yet.</summary>
    public Memory<byte> HandOut()
    {
        if (!_isStaged) return _direct.Value.Memory;
        _staged.Value.Renew();
        return _staged.Value.Memory;
    }

    /// <summary>Takes up what host code has left in the memory that was handed out.</summary>
    public void TakeBack()
    {
        if (_isStaged) _staged.Value.Upload();
    }

    /// <summary>A new handle on a part; the caller (or its dispose scope) disposes it.</summary>
    public Tensor Part(long offset, long count) => Tensor.narrow(0, offset, count);

    /// <summary>The handle on a part that every step takes: made once, and the vector's.</summary>
    public Tensor Kept(long offset, long count)
    {
        if (offset == 0 && count == Tensor.numel()) return Tensor;
        if (!_kept.TryGetValue((offset, count), out var part)) _kept[(offset, count)] = part = Part(offset, count).DetachFromDisposeScope();
        return part;
    }

    /// <summary>A new handle on a tensor's place, in its own shape.</summary>
    /// <param name="from">Where in the layout this vector begins.</param>
    public Tensor View(FlatSlot slot, long from = 0)
    {
        using var flat = Tensor.narrow(0, slot.Offset - from, slot.Count);
        if (!slot.ChannelsLast) return flat.view([.. slot.Shape]);
        using var inMemory = flat.view(slot.Shape[0], slot.Shape[2], slot.Shape[3], slot.Shape[1]);
        return inMemory.permute(0, 3, 1, 2);
    }

    /// <summary>The vector whose memory this is, or null where it is somebody else's.</summary>
    public static FlatVector? OwnerOf(Memory<byte> memory) => DeviceMemory.Of(memory) is StagedMemory staged ? staged.Owner
        : MemoryMarshal.TryGetMemoryManager<byte, TensorMemory>(memory, out var manager, out int start, out int length) && start == 0
            && length == manager.Length ? manager.Owner : null;

    public void Dispose()
    {
        if (_staged.IsValueCreated) ((IDisposable)_staged.Value).Dispose();
        foreach (var part in _kept.Values) part.Dispose();
        _kept.Clear();
        Tensor.Dispose();
    }

    private sealed unsafe class TensorMemory : MemoryManager<byte>
    {
        private readonly byte* _start;

        public TensorMemory(FlatVector owner)
        {
            Owner = owner;
            var bytes = owner.Tensor.bytes;
            _start = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(bytes));
            Length = bytes.Length;
        }

        public FlatVector Owner { get; }
        public int Length { get; }

        public override Span<byte> GetSpan() =>
            Owner.Tensor.IsInvalid ? throw new ObjectDisposedException(nameof(FlatVector)) : new(_start, Length);

        public override MemoryHandle Pin(int elementIndex = 0) => new(_start + elementIndex);

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
