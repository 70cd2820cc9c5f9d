using System.Collections.Concurrent;

namespace ActorTrainer.Transport.Gradients.Gpu;

/// <summary>libcuda.so.1, which comes with the GPU's driver. Devices are counted as CUDA's runtime counts them in this process.</summary>
internal sealed unsafe class CudaDriver : ICuda
{
    private const int Done = 0, NotReady = 600;
    private readonly delegate* unmanaged<int*, int, int> _device;
    private readonly delegate* unmanaged<Guid*, int, int> _uuid;
    private readonly delegate* unmanaged<nint*, int, int> _context;
    private readonly delegate* unmanaged<nint*, int> _current;
    private readonly delegate* unmanaged<nint, int> _setCurrent, _isDone;
    private readonly ConcurrentDictionary<int, nint> _contexts = new();

    private CudaDriver(NativeFunctions cuda)
    {
        int result = ((delegate* unmanaged<uint, int>)cuda["cuInit"])(0);
        if (result != Done) throw new InvalidOperationException($"CUDA's driver does not start (error {result})");
        _device = (delegate* unmanaged<int*, int, int>)cuda["cuDeviceGet"];
        _uuid = (delegate* unmanaged<Guid*, int, int>)cuda["cuDeviceGetUuid"];
        _context = (delegate* unmanaged<nint*, int, int>)cuda["cuDevicePrimaryCtxRetain"];
        _current = (delegate* unmanaged<nint*, int>)cuda["cuCtxGetCurrent"];
        _setCurrent = (delegate* unmanaged<nint, int>)cuda["cuCtxSetCurrent"];
        _isDone = (delegate* unmanaged<nint, int>)cuda["cuStreamQuery"];
    }

    /// <summary>Null, with a reason for a person, where there is none.</summary>
    /// <param name="path">Where it stands; null: where the system finds it.</param>
    public static CudaDriver? Load(out string? reason, string? path = null)
    {
        if (NativeFunctions.Load([path ?? "libcuda.so.1"], "cuInit", out reason) is not { } functions) return null;
        try
        {
            return new(functions);
        }
        catch (Exception e) when (e is EntryPointNotFoundException or InvalidOperationException)
        {
            reason = e.Message;
            return null;
        }
    }

    public Guid IdOf(int device)
    {
        Guid id;
        Check(_uuid(&id, Handle(device)), "cuDeviceGetUuid");
        return id;
    }

    /// <summary>By the device's primary context, which is the one that libtorch uses; kept for the process's life.</summary>
    public IDisposable Use(int device)
    {
        nint before;
        Check(_current(&before), "cuCtxGetCurrent");
        Check(_setCurrent(_contexts.GetOrAdd(device, Retain)), "cuCtxSetCurrent");
        return new Scope(this, before);
    }

    public bool IsIdle()
    {
        int result = _isDone(0);
        if (result is Done or NotReady) return result == Done;
        throw new InvalidOperationException($"The GPU has failed (CUDA error {result})");
    }

    private nint Retain(int device)
    {
        nint context;
        Check(_context(&context, Handle(device)), "cuDevicePrimaryCtxRetain");
        return context;
    }

    private int Handle(int device)
    {
        int handle;
        Check(_device(&handle, device), "cuDeviceGet");
        return handle;
    }

    private static void Check(int result, string function)
    {
        if (result != Done) throw new InvalidOperationException($"{function} failed (CUDA error {result})");
    }

    private sealed class Scope(CudaDriver owner, nint before) : IDisposable
    {
        public void Dispose() => owner._setCurrent(before);
    }
}
