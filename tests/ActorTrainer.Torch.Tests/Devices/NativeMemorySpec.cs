using System.Globalization;
using System.Runtime.InteropServices;
using NativeMemory = ActorTrainer.Torch.Devices.NativeMemory;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Tests.Devices;

/// <summary>By the pages that the system has to give a thread: what was freed and kept comes back without any.</summary>
public sealed unsafe partial class NativeMemorySpec
{
    private const long Megabytes = 80, Pages = Megabytes << 8;

    [SkippableFact]
    public void What_was_freed_is_there_for_the_next_step_until_the_last_session_ends()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "glibc is Linux's");
        OnMainArena(() =>
        {
            var first = NativeMemory.Keep();
            using (NativeMemory.Keep()) Allocate();
            Settle();
            Assert.InRange(FaultsOf(Allocate), 0, Pages / 4);

            first.Dispose();
            first.Dispose();
            Assert.InRange(FaultsOf(Allocate), Pages / 2, long.MaxValue);
        });
    }

    /// <summary>Often enough that the small pieces which alignment leaves between blocks have found their places.</summary>
    private static void Settle()
    {
        for (int i = 0; i < 20; i++) Allocate();
    }

    private static void Allocate() => zeros([Megabytes << 18], ScalarType.Float32).Dispose();

    private static long FaultsOf(Action act)
    {
        long before = Faults();
        act();
        return Faults() - before;

        // Of this thread: field 10 of its stat, behind the name in brackets.
        static long Faults() => long.Parse(File.ReadAllText("/proc/thread-self/stat").Split(") ")[^1].Split(' ')[7], CultureInfo.InvariantCulture);
    }

    /// <summary>glibc gives each thread one of its arenas in turn; all but the first hold no block of 64 MB. So threads are started until one has the first.</summary>
    private static void OnMainArena(Action act)
    {
        const int Most = 64;
        using var done = new ManualResetEventSlim();
        var threads = new List<Thread>();
        Exception? failure = null;
        bool isFound = false;
        while (!isFound && threads.Count < Most)
        {
            using var looked = new ManualResetEventSlim();
            var thread = new Thread(() =>
            {
                bool isHere = IsMainArena();
                isFound |= isHere;
                looked.Set();
                if (!isHere) done.Wait();
                else failure = Record.Exception(act);
            });
            threads.Add(thread);
            thread.Start();
            looked.Wait();
        }

        if (isFound) threads[^1].Join();
        done.Set();
        foreach (var thread in threads) thread.Join();
        Skip.IfNot(isFound, $"none of {Most} threads has glibc's main arena");
        if (failure is not null) throw failure;
    }

    /// <summary>By the third bit of a chunk's size, which stands before it.</summary>
    private static bool IsMainArena()
    {
        nint chunk = Malloc(4096);
        try
        {
            return (((long*)chunk)[-1] & 4) == 0;
        }
        finally
        {
            Free(chunk);
        }
    }

    [LibraryImport("libc", EntryPoint = "malloc")]
    private static partial nint Malloc(nuint bytes);

    [LibraryImport("libc", EntryPoint = "free")]
    private static partial void Free(nint chunk);
}
