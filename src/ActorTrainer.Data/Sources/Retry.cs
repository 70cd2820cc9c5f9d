using ActorTrainer.Core.Data;

namespace ActorTrainer.Data.Sources;

/// <summary>Storage over a network hiccups: a failed read is tried again a few times before it counts.</summary>
internal static class Retry
{
    private static readonly TimeSpan[] Waits = [TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(1)];

    /// <summary>Reads a file of a data set that is just being opened: what fails then is for the user to mend.</summary>
    public static void ReadForOpening(IFileTree tree, TreeFile file, FileBytes into, CancellationToken stop)
    {
        try
        {
            OnIOError($"{tree.Location}/{file.Path}", () => tree.Read(file, into), stop);
        }
        catch (IOException e)
        {
            throw new DataException(e.Message, e);
        }
    }

    /// <summary>Reads, up to four times.</summary>
    /// <param name="name">Of what is read, for the last attempt's message.</param>
    /// <param name="read">May throw <see cref="IOException"/>, which is what is tried again.</param>
    /// <param name="stop">Ends the waiting.</param>
    public static void OnIOError(string name, Action read, CancellationToken stop)
    {
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                read();
                return;
            }
            catch (IOException e) when (attempt < Waits.Length)
            {
                if (stop.WaitHandle.WaitOne(Waits[attempt])) throw new OperationCanceledException("stopped while waiting to read again", e, stop);
            }
            catch (IOException e)
            {
                throw new IOException($"{name} can't be read, tried {Waits.Length + 1} times: {e.Message}", e);
            }
        }
    }
}
