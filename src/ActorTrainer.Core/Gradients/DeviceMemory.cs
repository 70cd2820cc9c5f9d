using System.Buffers;
using System.Runtime.InteropServices;

namespace ActorTrainer.Core.Gradients;

/// <summary>
/// A vector on a GPU in the clothes of host memory: whoever looks at its bytes gets them copied down, and what he leaves there counts from then on; who moves
/// and adds it on the device makes no copy. Belongs to the device's thread, as its session does.
/// </summary>
public abstract class DeviceMemory : MemoryManager<byte>
{
    /// <summary>Which GPU, by CUDA's count in this process.</summary>
    public abstract int Device { get; }

    /// <summary>Of the first byte, on the device.</summary>
    public abstract nint Address { get; }

    /// <summary>Bytes.</summary>
    public abstract int Length { get; }

    /// <summary>Whether host code has looked, so that the bytes of the host count.</summary>
    public abstract bool IsOnHost { get; }

    /// <summary>Does not look.</summary>
    public sealed override Memory<byte> Memory => CreateMemory(Length);

    /// <summary>
    /// Adds element by element, one rounded addition each, behind whatever the device does already: bytes from <paramref name="offset"/> on of this, and as many
    /// of <paramref name="other"/>'s from <paramref name="otherOffset"/>. All three are whole elements.
    /// </summary>
    public abstract void Add(int offset, DeviceMemory other, int otherOffset, int bytes);

    /// <summary>Memory of the same device and element type, whatever is in it; the caller disposes it.</summary>
    public abstract DeviceMemory Rent(int bytes);

    /// <summary>Whose memory this is, from its first byte to its last; null: ordinary memory.</summary>
    public static DeviceMemory? Of(Memory<byte> memory) =>
        MemoryMarshal.TryGetMemoryManager<byte, DeviceMemory>(memory, out var manager, out int start, out int length) && start == 0 && length == manager.Length ? manager : null;
}
