using System.Net.Sockets;

namespace ActorTrainer.Transport.Gradients.Wire;

/// <summary>Bytes to a peer and from it, in order; no call ever waits. Used by one thread, but for <see cref="Hurt"/>.</summary>
internal abstract class Wire : IDisposable
{
    /// <summary>What can be waited for by the system; null: <see cref="Attach">a bell</see> rings instead.</summary>
    public abstract Socket? Socket { get; }

    /// <summary>It never leaves this process: no byte can be damaged on the way.</summary>
    public bool IsWithinProcess => Socket is null;

    /// <summary>Rung from now on whenever something has come, something can go again, or it is over.</summary>
    public virtual void Attach(Bell bell)
    {
    }

    /// <summary>Takes two pieces as one, as far as they go: a header wakes nobody before its payload is there. Zero: it takes nothing now.</summary>
    /// <param name="broken">Why it takes nothing ever more; null: it does.</param>
    public abstract int Send(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, out string? broken);

    /// <summary>Zero: nothing has come. What came before it broke is received first.</summary>
    /// <inheritdoc cref="Send"/>
    public abstract int Receive(Span<byte> place, out string? broken);

    /// <summary>Ends it in both directions; whoever waits on it, here or there, wakes up. From any thread.</summary>
    public abstract void Hurt();

    public abstract void Dispose();
}
