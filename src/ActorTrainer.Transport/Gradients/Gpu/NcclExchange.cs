using System.Collections.Immutable;
using System.Diagnostics;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Transport.Gradients.Gpu;

/// <summary>
/// The exchange of a generation's trainers on GPUs: NCCL moves the segments from device to device, and the sums stay ours, along the fixed tree, on the device.
/// Tails and states go by the <see cref="PeerExchange"/>, which also notices who is gone.
/// <code>
///   tails            by the peers' connections: all are at this step
///   group 1          to each peer its segment of each own subtree; from each peer mine of its
///   additions        in the order of the tree, on the device
///   group 2          my segment, summed, to all; theirs from each, straight to its place
/// </code>
/// Nothing waits in NCCL: it is polled, and where a peer fails or is silent for too long, the communicator is aborted. It lives as long as its generation.
/// </summary>
internal sealed class NcclExchange : IGradientExchange, IDisposable
{
    private const int PollsBetweenLooks = 64;
    private static readonly TimeSpan FinishPatience = TimeSpan.FromSeconds(2), ArrivalPatience = TimeSpan.FromSeconds(1);
    private readonly PeerExchange _peers;
    private readonly INccl _nccl;
    private readonly ICuda _cuda;
    private readonly int _device;
    private readonly Func<TimeSpan> _deadline;
    private readonly Lock _inUse = new();
    private nint _communicator;
    private ExchangePlan? _plan;
    private TimeSpan _patience;
    private DeviceMemory[][] _others = [];      // by rank: my segment of its subtrees

    private NcclExchange(PeerExchange peers, INccl nccl, ICuda cuda, int device, Func<TimeSpan> deadline) =>
        (_peers, _nccl, _cuda, _device, _deadline) = (peers, nccl, cuda, device, deadline);

    private CollectiveGroup Group => _peers.Group;

    /// <summary>
    /// All trainers of the group call it together. What they use is what every one of them can: NCCL, or the peers' connections as they are. Throws
    /// <see cref="ExchangeFailedException"/>, and for <see cref="GpuTransport.Nccl"/> also where one can't.
    /// </summary>
    /// <param name="peers">Owned by what is returned.</param>
    /// <param name="report">Told, for a person, what is used and why.</param>
    public static IGradientExchange Join(
        PeerExchange peers, GpuTransport transport, int device, NcclLibraries libraries, TimeSpan patience, Func<TimeSpan> deadline, Action<string> report)
    {
        if (transport == GpuTransport.Tcp) libraries = new(null, null, "it is told to use TCP (node.collective)");
        var own = libraries.WordOf(peers.Group.Rank, device);
        var words = Words(peers, own);
        if (NcclWord.Obstacle(words) is { } obstacle)
        {
            if (transport == GpuTransport.Nccl)
            {
                peers.Dispose();
                throw new ExchangeFailedException(peers.Group.Rank, $"node.collective = nccl, but NCCL can't be used ({obstacle})");
            }

            if (transport == GpuTransport.Auto) report($"Gradients of GPUs go through host memory: {obstacle}.");
            return peers;
        }

        var exchange = new NcclExchange(peers, libraries.Nccl!, libraries.Cuda!, device, deadline);
        exchange.Open(words[0].Id, patience);
        report($"Gradients move by NCCL between {words.Length} GPUs.");
        return exchange;
    }

    public GradientSum Exchange(IReadOnlyList<GradientSum> own)
    {
        DeviceMemory[] vectors = [.. own.Select(sum => DeviceMemory.Of(sum.Values) ?? throw new ArgumentException("The vectors are not in a GPU's memory.", nameof(own)))];
        lock (_inUse)
        {
            var total = _peers.Exchange([.. own.Select(sum => sum with { Values = Memory<byte>.Empty })]);
            Guarded(() => Sum(vectors), _deadline);
            return total with { Values = own[0].Values };
        }
    }

    public StepTail Agree(StepTail own)
    {
        lock (_inUse) return _peers.Agree(own);
    }

    public TrainingState Share(int from, TrainingState? own) => _peers.Share(from, own);

    /// <summary>The peers' calls fail at once, and so does one that is going on here: it sees its connections closed, and aborts.</summary>
    public void Dispose()
    {
        bool clean = !_peers.HasFailed;
        _peers.Dispose();
        lock (_inUse) Close(clean);
    }

    private static ImmutableArray<NcclWord> Words(PeerExchange peers, NcclWord own)
    {
        var told = peers.Tell(own.Write());
        return [.. told.Select((bytes, rank) => rank == peers.Group.Rank ? own : NcclWord.Read(bytes) ?? throw new ExchangeFailedException(rank, "sent a word about NCCL that can't be read"))];
    }

    private void Open(NcclId id, TimeSpan patience) => Guarded(() =>
    {
        Check(_nccl.Begin(id, Group.Rank, Group.Members.Length, out _communicator));
        WaitFor("met", () => IsSettled());
    }, () => patience);

    private void Sum(DeviceMemory[] own)
    {
        var plan = Plan(own);
        var (rank, (offset, length)) = (Group.Rank, plan.Segment(Group.Rank));
        InGroup(peer =>
        {
            var (at, count) = plan.Segment(peer);
            foreach (var vector in own) Send(vector, at, count, peer);
            foreach (var place in _others[peer]) Receive(place, 0, length, peer);
        });
        if (length > 0)
        {
            // By number over all ranks: own subtrees where they stand, the peers' in what was rented.
            (DeviceMemory Memory, int At)[] places = [.. plan.Subtrees.SelectMany((of, member) => of.Select((_, i) => member == rank ? (own[i], offset) : (_others[member][i], 0)))];
            foreach (var (into, other) in plan.Additions) places[into].Memory.Add(places[into].At, places[other].Memory, places[other].At, length);
        }

        InGroup(peer =>
        {
            var (at, count) = plan.Segment(peer);
            Send(own[0], offset, length, peer);
            Receive(own[0], at, count, peer);
        });
        WaitFor("done", () => _cuda.IsIdle() && IsSettled());
    }

    private ExchangePlan Plan(DeviceMemory[] own)
    {
        if (_plan?.VectorBytes == own[0].Length) return _plan;
        Release();
        _plan = new(Group, own[0].Length, own[0].Length);
        int length = _plan.Segment(Group.Rank).Length;
        _others = [.. _plan.Subtrees.Select((of, rank) => rank == Group.Rank || length == 0 ? [] : of.Select(_ => own[0].Rent(length)).ToArray())];
        return _plan;
    }

    /// <summary>NCCL matches sends and receives of a pair by their order; an empty one would be none.</summary>
    private void Send(DeviceMemory from, int offset, int bytes, int peer)
    {
        if (bytes > 0) Check(_nccl.Send(from.Address + offset, bytes, peer, _communicator));
    }

    private void Receive(DeviceMemory into, int offset, int bytes, int peer)
    {
        if (bytes > 0) Check(_nccl.Receive(into.Address + offset, bytes, peer, _communicator));
    }

    /// <summary>
    /// Issued as one, so that no order of peers can lock up. Ended also where something in it is refused: NCCL keeps the group by thread, and in one that was left
    /// open whatever comes later, an abort too, would wait for its end.
    /// </summary>
    private void InGroup(Action<int> withPeer)
    {
        Check(_nccl.GroupStart());
        NcclResult ended;
        try
        {
            for (int peer = 0; peer < Group.Members.Length; peer++)
            {
                if (peer != Group.Rank) withPeer(peer);
            }
        }
        finally
        {
            ended = _nccl.GroupEnd();
        }

        Check(ended);
        WaitFor("issued", IsSettled);
    }

    private bool IsSettled()
    {
        var state = _nccl.StateOf(_communicator);
        Check(state);
        return state == NcclResult.Success;
    }

    private void Check(NcclResult result)
    {
        if (result is not (NcclResult.Success or NcclResult.InProgress)) throw new ExchangeFailedException(Group.Rank, $"NCCL: {_nccl.TextOf(result)}");
    }

    /// <summary>
    /// Until it is so. NCCL itself would wait for ever for one who is gone, so the peers' connections are looked at; but who was done may go, and what he has sent
    /// still arrives: that is waited for a moment.
    /// </summary>
    private void WaitFor(string what, Func<bool> isSo)
    {
        var (spinner, end) = (new SpinWait(), Stopwatch.GetTimestamp() + Ticks(_patience));
        ExchangeFailedException? gone = null;
        for (int polls = 1; !isSo(); polls++)
        {
            if (polls % PollsBetweenLooks == 0)
            {
                if (gone is null && (gone = Missing()) is not null) end = Math.Min(end, Stopwatch.GetTimestamp() + Ticks(ArrivalPatience));
                if (Stopwatch.GetTimestamp() > end)
                    throw gone ?? new ExchangeFailedException(Group.Rank, $"NCCL was not {what} within {_patience.TotalSeconds:0.#} s: a peer is silent, or the way between the GPUs is");
            }

            spinner.SpinOnce(sleep1Threshold: -1);
        }
    }

    private static long Ticks(TimeSpan time) => (long)(time.TotalSeconds * Stopwatch.Frequency);

    private ExchangeFailedException? Missing()
    {
        try
        {
            _peers.Look();
            return null;
        }
        catch (ExchangeFailedException e)
        {
            return e;
        }
    }

    /// <summary>On the device; whatever goes wrong ends the communicator, and the peers' calls.</summary>
    private void Guarded(Action act, Func<TimeSpan> patience)
    {
        _patience = patience();
        _peers.Guard(() =>
        {
            try
            {
                using (_cuda.Use(_device)) act();
                return true;
            }
            catch
            {
                Close(clean: false);
                throw;
            }
        });
    }

    private void Close(bool clean)
    {
        var communicator = _communicator;
        _communicator = 0;
        if (communicator != 0)
        {
            using (_cuda.Use(_device))
            {
                if (clean && IsFinished(communicator)) _nccl.Destroy(communicator);
                else _nccl.Abort(communicator);
            }
        }

        Release();
    }

    private bool IsFinished(nint communicator)
    {
        var (spinner, began) = (new SpinWait(), Stopwatch.GetTimestamp());
        for (var state = _nccl.Finish(communicator); state != NcclResult.Success; state = _nccl.StateOf(communicator))
        {
            if (state != NcclResult.InProgress || Stopwatch.GetElapsedTime(began) > FinishPatience) return false;
            spinner.SpinOnce(sleep1Threshold: -1);
        }

        return true;
    }

    /// <summary>Device memory goes back to whom it came from.</summary>
    private void Release()
    {
        foreach (var memory in _others.SelectMany(of => of)) ((IDisposable)memory).Dispose();
        _others = [];
    }
}
