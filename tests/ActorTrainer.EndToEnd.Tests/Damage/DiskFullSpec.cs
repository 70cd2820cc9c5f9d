using System.Runtime.InteropServices;
using ActorTrainer.EndToEnd.Tests.Processes;

namespace ActorTrainer.EndToEnd.Tests.Damage;

/// <summary>The disk fills up in the middle of a checkpoint. Needs the right to mount a small file system in memory.</summary>
[Collection(ProcessTests.Name)]
public partial class DiskFullSpec(Undisturbed undisturbed)
{
    /// <summary>Room for a journal and a few of the checkpoints (about half a megabyte each), not for the ballast and one more.</summary>
    private const string Size = "8m";

    [SkippableFact]
    public async Task A_full_disk_ends_the_run_with_a_clear_message_and_with_space_again_it_goes_on()
    {
        using var workshop = new Workshop();
        Directory.CreateDirectory(workshop.Runs);
        using var disk = SmallDisk.MountAt(workshop.Runs, Size);
        string ballast = Path.Combine(workshop.Runs, ".ballast");
        using (var program = workshop.StartTraining())
        {
            await program.Until("the third checkpoint", () => workshop.Run.Checkpoints is [.., var newest] && newest.Step.Value >= 6);
            Fill(ballast);
            var refused = (await program.Ended()).Refuses(1);
            // Whether the checkpoint or the journal meets the end of the disk first, each says so in its own words.
            Assert.True(refused.Error.Contains("o space left on device", StringComparison.Ordinal) || refused.Error.Contains("could not be written: SQLite Error 13: 'database or disk is full'", StringComparison.Ordinal), $"{refused}");
        }

        File.Delete(ballast);
        var ended = (await workshop.Train()).Completes();

        Assert.Equal(undisturbed.Digest, ended.Digest);
        workshop.Run.IsAsWholeAs(undisturbed.Run);
    }

    /// <summary>Until nothing more fits.</summary>
    private static void Fill(string path)
    {
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        byte[] block = new byte[4096];
        try
        {
            while (true) file.Write(block);
        }
        catch (IOException)
        {
        }
    }

    private sealed partial class SmallDisk : IDisposable
    {
        private readonly string _path;

        private SmallDisk(string path) => _path = path;

        public static SmallDisk MountAt(string path, string size)
        {
            Skip.IfNot(OperatingSystem.IsLinux(), "needs tmpfs");
            Skip.IfNot(Mount("tmpfs", path, "tmpfs", 0, $"size={size}") == 0, $"a file system could not be mounted: {Marshal.GetLastPInvokeErrorMessage()}");
            return new(path);
        }

        public void Dispose()
        {
            const int Detach = 2;
            if (Unmount(_path, Detach) != 0) throw new IOException($"{_path} could not be unmounted: {Marshal.GetLastPInvokeErrorMessage()}");
        }

        [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
        private static partial int Mount(string source, string target, string type, ulong flags, string data);

        [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
        private static partial int Unmount(string target, int flags);
    }
}
