using System.Runtime.InteropServices;

namespace ActorTrainer.Torch.Devices;

/// <summary>glibc's allocator, told to keep less: what libtorch frees is large, and comes from one thread at a time. Elsewhere this does nothing.</summary>
internal static unsafe class NativeMemory
{
    private static readonly delegate* unmanaged<int, int, int> Option = (delegate* unmanaged<int, int, int>)Find("mallopt");
    private static readonly delegate* unmanaged<nuint, int> Trim = (delegate* unmanaged<nuint, int>)Find("malloc_trim");

    /// <summary>
    /// Threads get arenas of their own, up to eight a core, and each keeps what was once freed into it. From here on those that the runtime has by now
    /// serve all. glibc reads its environment before this program runs, hence the call.
    /// </summary>
    public static void LimitArenas()
    {
        const int ArenaMax = -8, Arenas = 1;
        if (Option is not null && Environment.GetEnvironmentVariable("MALLOC_ARENA_MAX") is null) Option(ArenaMax, Arenas);
    }

    /// <summary>Gives pages that hold nothing back to the system. Milliseconds, and whoever allocates next touches pages anew.</summary>
    public static void GiveBack()
    {
        if (Trim is not null) Trim(0);
    }

    private static nint Find(string function) =>
        OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libc.so.6", out nint libc) && NativeLibrary.TryGetExport(libc, function, out nint address) ? address : 0;
}
