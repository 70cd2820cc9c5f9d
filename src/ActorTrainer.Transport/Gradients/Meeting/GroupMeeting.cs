using System.Collections.Immutable;
using System.Net.Sockets;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Transport.Gradients.Wire;

namespace ActorTrainer.Transport.Gradients.Meeting;

/// <summary>Whom a connection looks for: a process can hold several ranks of a generation.</summary>
internal readonly record struct MeetingKey(ExperimentName Experiment, Generation Generation, int Rank);

/// <summary>
/// One trainer's way to a link with every peer: it calls the lower ranks, the higher ones call it; those of this process find each other in the
/// <see cref="Rendezvous"/>. Each conversation has a thread for its few milliseconds. A stranger's ends alone; a peer's ends the meeting.
/// </summary>
internal sealed class GroupMeeting : IDisposable
{
    private readonly MeetingPlace _place;
    private readonly CollectiveGroup _group;
    private readonly TimeSpan _patience;
    private readonly Handshake _handshake;
    private readonly Lock _lock = new();
    private readonly ManualResetEventSlim _over = new();
    private readonly FrameLink?[] _links;
    private readonly HashSet<Socket> _talking = [];
    private ExchangeFailedException? _failure;
    private bool _taken;
    private bool _closed;

    private GroupMeeting(MeetingPlace place, CollectiveGroup group, TimeSpan patience)
    {
        (_place, _group, _patience) = (place, group, patience);
        _handshake = new(group, place.Options.SharedMemory);
        _links = new FrameLink?[group.Members.Length];
        if (_links.Length == 1) _over.Set();
    }

    public MeetingKey Key => new(_group.Experiment, _group.Generation, _group.Rank);

    /// <summary>Links to all peers, in the order of their ranks.</summary>
    public static ImmutableArray<FrameLink> Run(MeetingPlace place, CollectiveGroup group, TimeSpan patience, CancellationToken cancel)
    {
        using var meeting = new GroupMeeting(place, group, patience);
        place.Rendezvous.Open(meeting);
        try
        {
            foreach (int rank in Enumerable.Range(0, group.Rank).Where(rank => !meeting.IsHere(rank))) Start($"collective-call-{rank}", () => meeting.Call(rank));
            return meeting.Wait(cancel);
        }
        finally
        {
            place.Rendezvous.Close(meeting);
        }
    }

    /// <summary>Whether this rank is in this process. Windows can't wait for memory and sockets together.</summary>
    public bool IsHere(int rank) => _place.Options.InProcess && rank < _group.Members.Length && _group.Members[rank].Endpoint == _place.Endpoint
        && (!OperatingSystem.IsWindows() || _group.Members.All(member => member.Endpoint == _place.Endpoint));

    /// <summary>Two of this process. Whoever was told something else fails both; who has another key is a stranger, and the one that came first waits on.</summary>
    public static void Join(GroupMeeting first, GroupMeeting later)
    {
        try
        {
            if (Handshake.Join(first._group, later._group) is not var (ones, others)) later.Fail(first.Key.Rank, "in this process has another key for this generation");
            else
            {
                first.Accept(ones, null);
                later.Accept(others, null);
            }
        }
        catch (ExchangeFailedException e)
        {
            first.Fail(e.Rank, e.Reason);
            later.Fail(first.Key.Rank, Handshake.Difference(later._group, Claims.Of(first._group))!);
        }
    }

    /// <summary>The peer of this process met already, or gave up.</summary>
    public void Miss(int rank) => Fail(rank, $"refused generation {_group.Generation}: it has met already, or gave up");

    /// <summary>A caller whose hello named this group and this rank. Returns at once.</summary>
    public void Answer(Socket socket, Hello hello, bool isLocal)
    {
        if (!Keep(socket)) return;
        Start($"collective-answer-{hello.From}", () => Talk(hello.From, socket, isStrangersFault: true, line =>
        {
            if (hello.From >= _links.Length) throw new StrangerException($"rank {hello.From} of {_links.Length}");
            return _handshake.Answer(hello, line, isLocal);
        }));
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _closed = true;
            foreach (var socket in _talking) socket.Dispose();
            if (!_taken) foreach (var link in _links) link?.Dispose();
        }
    }

    private ImmutableArray<FrameLink> Wait(CancellationToken cancel)
    {
        if (!_over.Wait(_patience, cancel)) Fail(Missing(), $"did not come to generation {_group.Generation} within {_patience.TotalSeconds:0.#} s");
        lock (_lock)
        {
            if (_failure is not null) throw _failure;
            _taken = true;
            return [.. _links.OfType<FrameLink>()];
        }
    }

    private int Missing()
    {
        lock (_lock)
        {
            return Enumerable.Range(0, _links.Length).First(rank => rank != _group.Rank && _links[rank] is null);
        }
    }

    private void Call(int rank)
    {
        var endpoint = _group.Members[rank].Endpoint;
        try
        {
            Socket? socket = null;
            foreach (var way in PeerAddress.WaysTo(endpoint, _place.Options))
            {
                var attempt = way.Open();
                if (!Keep(attempt)) return;
                if (way.TryConnect(attempt, _patience))
                {
                    socket = way.IsLocal ? attempt : Secure(attempt, endpoint.Host);
                    Talk(rank, socket, isStrangersFault: false, line => _handshake.Call(rank, line, way.IsLocal, _patience));
                    return;
                }

                End(attempt);
            }

            Fail(rank, $"can't be reached at {endpoint}");
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            Fail(rank, $"can't be reached at {endpoint}: {e.Message}");
        }
    }

    private Socket Secure(Socket socket, string host)
    {
        if (_place.Options.Tls is not { } tls) return socket;
        lock (_lock) _talking.Remove(socket);
        var secured = tls.AsClient(socket, host, _place.Refusals);
        Keep(secured);
        return secured;
    }

    /// <param name="isStrangersFault">Whether one who does not prove himself may be anybody (he called), or is the peer that was called.</param>
    private void Talk(int rank, Socket socket, bool isStrangersFault, Func<Conversation, FrameLink> conversation)
    {
        try
        {
            Accept(conversation(new(socket, _patience)), socket);
        }
        catch (StrangerException e)
        {
            if (isStrangersFault) _place.Refusals.Add(socket, e.Message);
            else Fail(rank, $"at {_group.Members[rank].Endpoint} is somebody else: {e.Message}");
            End(socket);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            End(socket);
            if (!isStrangersFault) Fail(rank, e is SocketException { SocketErrorCode: SocketError.TimedOut } ? "did not finish the handshake in time" : "closed the connection during the handshake");
        }
        catch (ExchangeFailedException e)
        {
            End(socket);
            Fail(rank, e.Reason);
        }
    }

    /// <summary>False, and the socket is closed, where the meeting is over.</summary>
    private bool Keep(Socket socket)
    {
        lock (_lock)
        {
            if (!_closed) _talking.Add(socket);
            else socket.Dispose();
            return !_closed;
        }
    }

    private void Accept(FrameLink link, Socket? talked)
    {
        lock (_lock)
        {
            if (talked is not null) _talking.Remove(talked);
            if (_closed || _links[link.Rank] is not null)
            {
                link.Dispose();
                return;
            }

            _links[link.Rank] = link;
            if (_links.Count(known => known is not null) == _links.Length - 1) _over.Set();
        }
    }

    private void End(Socket socket)
    {
        lock (_lock) _talking.Remove(socket);
        socket.Dispose();
    }

    private void Fail(int rank, string reason)
    {
        lock (_lock) _failure ??= new(rank, reason);
        _over.Set();
    }

    private static void Start(string name, ThreadStart work) => new Thread(work) { IsBackground = true, Name = name }.Start();
}
