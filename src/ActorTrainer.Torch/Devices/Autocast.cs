using ActorTrainer.Core.Training;

namespace ActorTrainer.Torch.Devices;

/// <summary>bf16 around a forward pass, on the thread that runs it: <c>using (autocast.Enter()) logits = model.forward(x);</c></summary>
internal sealed unsafe class Autocast
{
    private readonly sbyte _device;
    private readonly delegate* unmanaged<sbyte, byte, void> _setEnabled;
    private readonly delegate* unmanaged<int> _increment, _decrement;
    private readonly delegate* unmanaged<void> _clearCache;

    public Autocast(DeviceKind kind)
    {
        const string purpose = "precision = bf16";
        _device = TorchExports.DeviceCode(kind);
        _setEnabled = (delegate* unmanaged<sbyte, byte, void>)TorchExports.Find("_ZN2at8autocast20set_autocast_enabledEN3c1010DeviceTypeEb", purpose);
        _increment = (delegate* unmanaged<int>)TorchExports.Find("_ZN2at8autocast17increment_nestingEv", purpose);
        _decrement = (delegate* unmanaged<int>)TorchExports.Find("_ZN2at8autocast17decrement_nestingEv", purpose);
        _clearCache = (delegate* unmanaged<void>)TorchExports.Find("_ZN2at8autocast11clear_cacheEv", purpose);
        var setType = (delegate* unmanaged<sbyte, sbyte, void>)TorchExports.Find(
            "_ZN2at8autocast18set_autocast_dtypeEN3c1010DeviceTypeENS1_10ScalarTypeE", purpose);
        setType(_device, TorchExports.BFloat16);
    }

    public Scope Enter()
    {
        _setEnabled(_device, 1);
        _increment();
        return new(this);
    }

    private void Leave()
    {
        _setEnabled(_device, 0);
        // The cache holds bf16 copies of weights that the next step changes.
        if (_decrement() == 0) _clearCache();
    }

    public readonly ref struct Scope(Autocast owner)
    {
        public void Dispose() => owner.Leave();
    }
}
