using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using ActorTrainer.Core.Experiments;
using Microsoft.Win32.SafeHandles;

namespace ActorTrainer.Transport;

/// <summary>
/// One writer a run: an exclusive lock of the operating system on the run's <c>.lock</c>, which holds the writer's process id. It goes with its
/// process, however that ends, so there is nothing stale to clean up; the file stays.
/// </summary>
public sealed class RunLock : IDisposable
{
    /// <summary>Longer than a look of <see cref="HolderOf"/> holds the file.</summary>
    private static readonly TimeSpan Glance = TimeSpan.FromSeconds(1);

    private readonly SafeFileHandle _file;

    private RunLock(SafeFileHandle file) => _file = file;

    /// <summary>Makes the folder where it is missing. Null where another writer has the lock.</summary>
    /// <param name="holder">The other writer's process id; null where it has not said yet.</param>
    public static RunLock? TryTake(RunFolder folder, out int? holder)
    {
        Directory.CreateDirectory(folder.Path);
        SafeFileHandle? file = null;
        if (!SpinWait.SpinUntil(() => (file = TryOpen(folder.Lock)) is not null, Glance) || file is null)
        {
            holder = ReadHolder(folder.Lock);
            return null;
        }

        RandomAccess.SetLength(file, 0);
        RandomAccess.Write(file, Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)), fileOffset: 0);
        holder = null;
        return new(file);
    }

    /// <summary>Empties the file, so that a process id in it is that of a writer that lives or was killed.</summary>
    public void Dispose()
    {
        if (_file.IsClosed) return;
        RandomAccess.SetLength(_file, 0);
        _file.Dispose();
    }

    /// <summary>
    /// The process that trains this run now; null where none does. What a killed one left in the file does not count: its number may be another's by now.
    /// </summary>
    public static int? HolderOf(RunFolder folder)
    {
        try
        {
            // A shared lock for a moment: given where nobody writes, refused where somebody does. TryTake waits such moments out.
            using var probe = File.OpenHandle(folder.Lock, FileMode.Open, FileAccess.Read, FileShare.Read);
            return null;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (IOException e) when (IsTaken(e))
        {
            return ReadHolder(folder.Lock);
        }
    }

    // On Unix no sharing is flock(LOCK_EX), which asks only those who ask too. On Windows sharing is for everyone, and others have to read.
    [SuppressMessage("Reliability", "CA2000", Justification = "The lock owns the handle.")]
    private static SafeFileHandle? TryOpen(string path)
    {
        try
        {
            return File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, OperatingSystem.IsWindows() ? FileShare.Read : FileShare.None);
        }
        catch (IOException e) when (IsTaken(e))
        {
            return null;
        }
    }

    private static bool IsTaken(IOException e) => OperatingSystem.IsWindows()
        ? (e.HResult & 0xFFFF) is 32 or 33      // ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION
        : e.GetType() == typeof(IOException) && e.HResult is 11 or 35;      // EWOULDBLOCK on Linux, on macOS

    private static int? ReadHolder(string path)
    {
        try
        {
            using var file = OperatingSystem.IsWindows()
                ? File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete)
                : Posix.OpenUnlocked(path);
            Span<byte> text = stackalloc byte[32];
            int count = RandomAccess.Read(file, text, fileOffset: 0);
            return int.TryParse(text[..count], NumberStyles.None, CultureInfo.InvariantCulture, out int id) ? id : null;
        }
        catch (IOException)
        {
            return null;        // gone or not readable: the caller still knows that there is a holder
        }
    }
}
