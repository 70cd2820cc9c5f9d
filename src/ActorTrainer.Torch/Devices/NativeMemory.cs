using System.Runtime.InteropServices;

namespace ActorTrainer.Torch.Devices;

/// <summary>
/// glibc's allocator, told what libtorch needs: few arenas, since what it frees is large and comes from one thread at a time; and while something trains, that what a step
/// frees is kept for the next. Elsewhere than on glibc this does nothing.
/// </summary>
internal static unsafe class NativeMemory
{
    private const int TrimThreshold = -1, MmapThreshold = -3, ArenaMax = -8;

    private static readonly delegate* unmanaged<int, int, int> Option = (delegate* unmanaged<int, int, int>)Find("mallopt");
    private static readonly delegate* unmanaged<nuint, int> Trim = (delegate* unmanaged<nuint, int>)Find("malloc_trim");
    private static readonly Lock Gate = new();
    private static int _keeping;

    /// <summary>
    /// Threads get arenas of their own, up to eight a core, and each keeps what was once freed into it. From here on those that the runtime has by now
    /// serve all. glibc reads its environment before this program runs, hence the call.
    /// </summary>
    public static void LimitArenas()
    {
        const int Arenas = 1;
        if (Option is not null && IsFree("MALLOC_ARENA_MAX")) Option(ArenaMax, Arenas);
    }

    /// <summary>
    /// Until the lease ends, freed memory stays with the process. Else glibc hands every activation of more than 32 MB back to the system, and what a step's end leaves free at
    /// once; the next step then has each page of it given and zeroed anew, which takes a tenth of a ResNet-18's step in bf16.
    /// </summary>
    public static IDisposable Keep()
    {
        lock (Gate)
        {
            if (_keeping++ == 0) Limit(trim: -1, mmap: int.MaxValue);
        }

        return new Lease();
    }

    /// <summary>Gives pages that hold nothing back to the system. Milliseconds, and whoever allocates next touches pages anew.</summary>
    public static void GiveBack()
    {
        if (Trim is not null) Trim(0);
    }

    /// <param name="trim">Bytes at the heap's end that stay; -1: all.</param>
    /// <param name="mmap">Bytes from which on an allocation is a mapping of its own.</param>
    private static void Limit(int trim, int mmap)
    {
        if (Option is null) return;
        if (IsFree("MALLOC_TRIM_THRESHOLD_")) Option(TrimThreshold, trim);
        if (IsFree("MALLOC_MMAP_THRESHOLD_")) Option(MmapThreshold, mmap);
    }

    private static bool IsFree(string variable) => Environment.GetEnvironmentVariable(variable) is null;

    private static nint Find(string function) =>
        OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libc.so.6", out nint libc) && NativeLibrary.TryGetExport(libc, function, out nint address) ? address : 0;

    private sealed class Lease : IDisposable
    {
        private int _ended;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _ended, 1) != 0) return;
            lock (Gate)
            {
                // To where glibc's own thresholds go when large blocks are freed.
                if (--_keeping == 0) Limit(trim: 64 << 20, mmap: 32 << 20);
            }

            GiveBack();
        }
    }
}
