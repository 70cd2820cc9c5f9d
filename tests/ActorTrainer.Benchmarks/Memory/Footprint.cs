using System.Diagnostics;
using TorchSharp;

namespace ActorTrainer.Benchmarks.Memory;

/// <summary>What this process holds after a step.</summary>
/// <param name="ResidentBytes">Memory that is really there, native and managed.</param>
/// <param name="ManagedBytes">The garbage collector's heap, what is dead and not yet collected included.</param>
/// <param name="Tensors">Handles on native tensors that are not disposed.</param>
/// <param name="Handles">Open files and sockets; null where the system does not say.</param>
internal sealed record Footprint(long Step, long ResidentBytes, long ManagedBytes, long Tensors, int Threads, int? Handles)
{
    public static Footprint After(long step)
    {
        using var self = Process.GetCurrentProcess();
        const string handles = "/proc/self/fd";
        return new(step, self.WorkingSet64, GC.GetTotalMemory(forceFullCollection: false), torch.Tensor.TotalCount, self.Threads.Count,
            Directory.Exists(handles) ? Directory.EnumerateFileSystemEntries(handles).Count() : null);
    }
}
