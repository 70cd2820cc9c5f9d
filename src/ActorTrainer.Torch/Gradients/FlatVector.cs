using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Gradients;

/// <summary>
/// A flat one-axis tensor of the master precision, zero at first, that lives until it is disposed, whatever dispose scope is current.
/// Its memory can be handed out as <see cref="Memory{T}"/> where the device is the CPU.
/// </summary>
internal sealed class FlatVector : IDisposable
{
    private readonly Lazy<TensorMemory> _memory;

    public FlatVector(long elements, ScalarType type, Device device)
    {
        Tensor = torch.zeros(elements, dtype: type, device: device).DetachFromDisposeScope();
        _memory = new(() => new TensorMemory(this));
    }

    public Tensor Tensor { get; }

    /// <summary>The bytes of a CPU vector: its own memory, not a copy.</summary>
    public Memory<byte> Memory => _memory.Value.Memory;

    /// <summary>A new handle on a part; the caller (or its dispose scope) disposes it.</summary>
    public Tensor Part(long offset, long count) => Tensor.narrow(0, offset, count);

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
    public static FlatVector? OwnerOf(Memory<byte> memory) =>
        MemoryMarshal.TryGetMemoryManager<byte, TensorMemory>(memory, out var manager, out int start, out int length) && start == 0
        && length == manager.Length ? manager.Owner : null;

    public void Dispose() => Tensor.Dispose();

    private sealed unsafe class TensorMemory : MemoryManager<byte>
    {
        private readonly byte* _start;

        public TensorMemory(FlatVector owner)
        {
            if (owner.Tensor.device_type != DeviceType.CPU) throw new InvalidOperationException("Only a CPU tensor's memory can be handed out.");
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
