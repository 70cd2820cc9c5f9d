using TorchSharp;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Devices;

/// <summary>
/// Host memory for copies to the device. For a GPU it is page-locked and kept: the copy is only queued, so what was rented stays in use until
/// <see cref="Reset"/>, which is called when the device has come past it. For the CPU it is ordinary memory.
/// </summary>
internal sealed class HostStaging(Device device) : IDisposable
{
    private readonly Dictionary<(ScalarType Type, int Nth), Tensor> _kept = [];
    private readonly Dictionary<ScalarType, int> _rented = [];

    /// <summary>Memory to fill, then give to <see cref="ToDevice"/>. It belongs to the staging, or to the current dispose scope.</summary>
    public Tensor Rent(long[] shape, ScalarType type)
    {
        if (device.type == DeviceType.CPU) return empty(shape, type, CPU);
        long count = shape.Aggregate(1L, (product, side) => product * side);
        var key = (type, _rented.GetValueOrDefault(type));
        _rented[type] = key.Item2 + 1;
        if (!_kept.TryGetValue(key, out var memory) || memory.numel() < count)
        {
            memory?.Dispose();
            _kept[key] = memory = Empty([count], type, device);
        }

        return memory.narrow(0, 0, count).view(shape);
    }

    /// <summary>On the device; where that is the CPU, what was rented.</summary>
    public Tensor ToDevice(Tensor host) => device.type == DeviceType.CPU ? host : host.to(device, non_blocking: true);

    /// <summary>The device has waited behind all copies.</summary>
    public void Reset() => _rented.Clear();

    /// <summary>Page-locked where the device is a GPU; outside of dispose scopes.</summary>
    public static Tensor Empty(long[] shape, ScalarType type, Device device)
    {
        var memory = empty(shape, type, CPU);
        if (device.type == DeviceType.CPU) return memory.DetachFromDisposeScope();
        using (memory) return memory.pin_memory().DetachFromDisposeScope();
    }

    public void Dispose()
    {
        foreach (var memory in _kept.Values) memory.Dispose();
        _kept.Clear();
    }
}
