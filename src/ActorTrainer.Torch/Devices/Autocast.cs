using ActorTrainer.Core.Training;

namespace ActorTrainer.Torch.Devices;

/// <summary>bf16 around a forward pass, on the thread that runs it: <c>using (autocast.Enter()) logits = model.forward(x);</c></summary>
internal sealed unsafe class Autocast
{
    private readonly sbyte _device;
    private readonly delegate* unmanaged<sbyte, byte, void> _setEnabled;
    private readonly delegate* unmanaged<byte, void> _setCache;
    private readonly delegate* unmanaged<int> _increment, _decrement;

    public Autocast(DeviceKind kind)
    {
        const string purpose = "precision = bf16";
        _device = TorchExports.DeviceCode(kind);
        _setEnabled = (delegate* unmanaged<sbyte, byte, void>)TorchExports.Find("_ZN2at8autocast20set_autocast_enabledEN3c1010DeviceTypeEb", purpose);
        _setCache = (delegate* unmanaged<byte, void>)TorchExports.Find("_ZN2at8autocast26set_autocast_cache_enabledEb", purpose);
        _increment = (delegate* unmanaged<int>)TorchExports.Find("_ZN2at8autocast17increment_nestingEv", purpose);
        _decrement = (delegate* unmanaged<int>)TorchExports.Find("_ZN2at8autocast17decrement_nestingEv", purpose);
        var setType = (delegate* unmanaged<sbyte, sbyte, void>)TorchExports.Find(
            "_ZN2at8autocast18set_autocast_dtypeEN3c1010DeviceTypeENS1_10ScalarTypeE", purpose);
        setType(_device, TorchExports.BFloat16);
    }

    public Scope Enter()
    {
        _setEnabled(_device, 1);
        // The cache of bf16 copies belongs to the process: another trainer that leaves would empty it in the middle of this pass, and a weight that is used
        // twice would have its gradients added up in another precision. Each is used once, so there is nothing to gain.
        _setCache(0);
        _increment();
        return new(this);
    }

    private void Leave()
    {
        _setEnabled(_device, 0);
        _decrement();
        _setCache(1);
    }

    public readonly ref struct Scope(Autocast owner)
    {
        public void Dispose() => owner.Leave();
    }
}
