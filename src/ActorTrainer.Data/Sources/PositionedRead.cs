using ActorTrainer.Data.Decoding;
using Microsoft.Win32.SafeHandles;

namespace ActorTrainer.Data.Sources;

/// <summary>Reads of a part of a larger file, from any number of threads at once.</summary>
internal static class PositionedRead
{
    /// <summary>Fills <paramref name="into"/>. Throws <see cref="CorruptImageException"/> with <paramref name="beyond"/> where the file ends before, <see cref="IOException"/> where it can't be read.</summary>
    public static void Exactly(SafeFileHandle file, Span<byte> into, long offset, string beyond)
    {
        for (int done = 0; done < into.Length;)
        {
            int read = RandomAccess.Read(file, into[done..], offset + done);
            if (read == 0) throw new CorruptImageException(beyond);
            done += read;
        }
    }
}
