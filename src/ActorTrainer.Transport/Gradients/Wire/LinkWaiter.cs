using System.Diagnostics;
using System.Net.Sockets;

namespace ActorTrainer.Transport.Gradients.Wire;

/// <summary>Waits until one of several links can move, and for none of them longer than the deadline since it last got a frame through.</summary>
/// <param name="deadline">Asked at each wait: it grows with the steps.</param>
internal sealed class LinkWaiter(Func<TimeSpan> deadline) : IDisposable
{
    private readonly List<FrameLink> _links = [];
    private readonly List<Socket> _reads = [];
    private readonly List<Socket> _writes = [];
    private readonly Bell _bell = new();
    private bool _inProcess;

    /// <summary>Before it waits for the link the first time.</summary>
    public void Attach(FrameLink link) => link.Wire.Attach(_bell);

    public void Clear()
    {
        _links.Clear();
        _reads.Clear();
        _writes.Clear();
        _inProcess = false;
    }

    public void Add(FrameLink link, bool reads, bool writes)
    {
        _links.Add(link);
        if (link.Wire.Socket is not { } socket) _inProcess |= reads || writes;
        else
        {
            if (reads) _reads.Add(socket);
            if (writes) _writes.Add(socket);
        }
    }

    /// <summary>Throws for the link that has been silent longest, once its time is over.</summary>
    public void Wait()
    {
        var patience = deadline();
        var silent = _links[0];
        foreach (var link in _links)
        {
            if (link.Progress < silent.Progress) silent = link;
        }

        var left = patience - Stopwatch.GetElapsedTime(silent.Progress);
        if (left <= TimeSpan.Zero) throw silent.Failure($"silent for {patience.TotalSeconds:0.#} s");
        bool sockets = _reads.Count + _writes.Count > 0;
        if (!sockets && !_inProcess) throw silent.Failure("neither gives nor takes anything");
        if (!sockets) _bell.Wait(left);
        else if (_inProcess) _bell.Wait(_reads, _writes, left);
        else Socket.Select(_reads, _writes, null, left);
    }

    public void Dispose() => _bell.Dispose();
}
