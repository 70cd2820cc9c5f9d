using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Training;
using TorchSharp;

namespace ActorTrainer.Torch.Devices;

/// <summary>From <c>auto</c> to a device that is there. Nothing falls back silently: cuda asked for and absent is an error.</summary>
internal static class DeviceResolver
{
    private static readonly Lock Gate = new();
    private static bool _interopIsSet, _tf32;
    private static int _onGpus;

    public static ResolvedDevice Resolve(ResourceSettings resources)
    {
        LibTorchFolder.Verify();
        bool cuda = resources.Device != DeviceChoice.Cpu && CudaIsThere();
        if (resources.Device == DeviceChoice.Cuda && !cuda)
            throw new EngineException($"resources.device = cuda, but {Obstacle(GpuModel.Find(0), LibTorchFolder.HasCuda)}; or set resources.device = cpu.");

        return new(cuda ? DeviceKind.Cuda : DeviceKind.Cpu, 0, resources.Threads ?? Environment.ProcessorCount);
    }

    /// <summary>Why there is no CUDA, and what to do.</summary>
    internal static string Obstacle(GpuModel? gpu, bool libtorchHasCuda) =>
        gpu is null ? "no NVIDIA GPU with a driver is found here ('nvidia-smi' shows those that are; CUDA_VISIBLE_DEVICES hides some)"
        : libtorchHasCuda ? $"libtorch can't use the {gpu.Name} that is here: its driver may be older than the CUDA of this libtorch ('nvidia-smi' says up to which CUDA it goes)"
        : $"this libtorch can't use the {gpu.Name} that is here: build with -p:TorchBackend=cuda, or with none and name a CUDA libtorch in ${LibTorchFolder.Variable}";

    public static int Count(DeviceKind kind) => kind == DeviceKind.Cuda && CudaIsThere() ? GpuModel.CountAlike(torch.cuda.device_count()) : 1;

    public static torch.Device ToTorch(ResolvedDevice device) =>
        new(device.Kind == DeviceKind.Cpu ? DeviceType.CPU : DeviceType.CUDA, device.Kind == DeviceKind.Cpu ? -1 : device.Index);

    /// <summary>
    /// Makes libtorch compute as the device says. Its intra-op pool belongs to the process, so sessions of one process agree on the number of threads, and so does
    /// tf32: one that differs from what is under way here throws <see cref="EngineException"/>. Called on the device thread; disposed with the session.
    /// </summary>
    public static IDisposable Take(ResolvedDevice device)
    {
        LibTorchFolder.Verify();
        lock (Gate)
        {
            if (device.Kind == DeviceKind.Cuda && _onGpus > 0 && device.Tf32 != _tf32)
            {
                throw new EngineException($"This process computes {(_tf32 ? "with" : "without")} tf32 now, which holds for all that it does on GPUs, and this wants it {(device.Tf32 ? "with" : "without")}: "
                    + "wait until that has ended, or use another node.");
            }

            if (!_interopIsSet) torch.set_num_interop_threads(1);
            _interopIsSet = true;
            torch.set_num_threads(device.Threads);
            if (device.Kind == DeviceKind.Cpu) return new Lease(() => { });
            TorchExports.SetDeterministic();
            TorchExports.SetTf32(device.Tf32);
            (_tf32, _onGpus) = (device.Tf32, _onGpus + 1);
            return new Lease(() =>
            {
                lock (Gate) _onGpus--;
            });
        }
    }

    private sealed class Lease(Action end) : IDisposable
    {
        private Action? _end = end;

        public void Dispose() => Interlocked.Exchange(ref _end, null)?.Invoke();
    }

    private static bool CudaIsThere()
    {
        try
        {
            return torch.cuda.is_available();
        }
        catch (Exception exception) when (exception is NotSupportedException or DllNotFoundException)
        {
            // A CPU build of libtorch has no CUDA to ask.
            return false;
        }
    }
}
