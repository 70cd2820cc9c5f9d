using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Torch.Devices;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Gradients;

/// <summary>
/// A device's vector for the host: copied down into page-locked memory when somebody looks, and up again when it is taken back. Who never looks costs no copy,
/// as where one trainer has all shards, or where the exchange moves device memory.
/// </summary>
/// <param name="tensor">Flat.</param>
/// <param name="owner">Of the tensor; null: this.</param>
internal sealed unsafe class StagedMemory(Tensor tensor, FlatVector? owner) : DeviceMemory
{
    private Tensor? _host;
    private byte* _start;
    private bool _looked;

    public FlatVector? Owner => owner;
    public override int Device => tensor.device_index;
    public override nint Address => TorchExports.DataPointer(tensor);
    public override int Length { get; } = checked((int)(tensor.numel() * tensor.element_size()));
    public override bool IsOnHost => _looked;

    private int ElementSize => (int)tensor.element_size();

    /// <summary>The device's bytes count: they are new.</summary>
    public void Renew() => _looked = false;

    /// <summary>
    /// What stands on the host goes up, behind what the device does already. Nobody waits: the next copy down comes behind it, and the memory is written again
    /// only after that.
    /// </summary>
    public void Upload()
    {
        if (!_looked) return;
        tensor.copy_(_host!, true);
        _looked = false;
    }

    public override Span<byte> GetSpan()
    {
        if (tensor.IsInvalid) throw new ObjectDisposedException(nameof(FlatVector));
        if (!_looked) Download();
        return new(_start, Length);
    }

    public override void Add(int offset, DeviceMemory other, int otherOffset, int bytes)
    {
        if (other is not StagedMemory source) throw new ArgumentException("Memory of another library.", nameof(other));
        using var into = Part(offset, bytes);
        using var from = source.Part(otherOffset, bytes);
        into.add_(from, Number.One);
    }

    public override DeviceMemory Rent(int bytes) => new StagedMemory(empty(bytes / ElementSize, tensor.dtype, tensor.device).DetachFromDisposeScope(), owner: null);

    public override MemoryHandle Pin(int elementIndex = 0)
    {
        _ = GetSpan();
        return new(_start + elementIndex);
    }

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
        _host?.Dispose();
        _host = null;
        if (owner is null) tensor.Dispose();
    }

    private Tensor Part(int offset, int bytes) => tensor.narrow(0, offset / ElementSize, bytes / ElementSize);

    private void Download()
    {
        if (_host is null)
        {
            _host = HostStaging.Empty([tensor.numel()], tensor.dtype, tensor.device);
            _start = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(_host.bytes));
        }

        _host.copy_(tensor);      // waits for the device
        _looked = true;
    }
}
