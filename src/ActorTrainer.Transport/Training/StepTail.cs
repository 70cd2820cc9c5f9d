using System.Runtime.CompilerServices;
using System.Text;
using ActorTrainer.Core.Experiments;

namespace ActorTrainer.Transport.Training;

/// <summary>A whole line of a step-keyed file, without its line feed.</summary>
public readonly record struct StepLine(StepNumber Step, string Json);

/// <summary>
/// Follows a step-keyed file that another process writes, by looking again and again: no watcher of the system's that could miss or be missing.
/// Lines come in ascending steps, each step once: where the writer has cut back and repeats steps, they bring the same numbers again.
/// </summary>
public sealed class StepTail(string path, TimeProvider time)
{
    private const int ChunkBytes = 1 << 16;
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// The lines after <paramref name="after"/>, those that are there and those that come, also where the file does not exist yet.
    /// <paramref name="enough"/> ends it after what is there at that moment; it is no error.
    /// </summary>
    public async IAsyncEnumerable<StepLine> FollowAsync(StepNumber after, [EnumeratorCancellation] CancellationToken enough)
    {
        var last = after;
        while (true)
        {
            bool ending = enough.IsCancellationRequested;
            foreach (var line in LinesAfter(last))
            {
                last = line.Step;
                yield return line;
            }

            if (ending) yield break;
            await Task.Delay(LookEvery, time, enough).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Opened anew each time, and found by step: the file may have been cut back, replaced or set aside since.</summary>
    private IEnumerable<StepLine> LinesAfter(StepNumber step)
    {
        using var file = TryOpen();
        if (file is null) yield break;
        file.Position = new StepLines(file.SafeFileHandle, window: ChunkBytes).EndOf(step);
        byte[] chunk = new byte[ChunkBytes];
        var line = new MemoryStream();
        while (file.Read(chunk) is var count and > 0)
        {
            int start = 0;
            while (Array.IndexOf(chunk, (byte)'\n', start, count - start) is var feed and >= 0)
            {
                line.Write(chunk, start, feed - start);
                if (StepLines.StepOf(line.GetBuffer().AsSpan(0, (int)line.Length)) is { } found && found > step)
                {
                    step = found;
                    yield return new(found, Encoding.UTF8.GetString(line.GetBuffer(), 0, (int)line.Length));
                }

                line.SetLength(0);
                start = feed + 1;
            }

            line.Write(chunk, start, count - start);        // the rest is the beginning of a line
        }
    }

    private FileStream? TryOpen()
    {
        try
        {
            return new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }
}
