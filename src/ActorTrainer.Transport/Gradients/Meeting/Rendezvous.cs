using System.Net.Sockets;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Gradients;

namespace ActorTrainer.Transport.Gradients.Meeting;

/// <summary>
/// Brings callers and meetings together. What a hello's generation is to this process:
/// <code>
///   older than the newest known here      refused
///   the newest, this rank still meets     to its meeting
///   the newest, this rank has met         refused
///   the newest or newer, rank not here    held, as long as the caller waits
/// </code>
/// </summary>
internal sealed class Rendezvous(Refusals refusals) : IDisposable
{
    private const int MaxHeld = 256;
    private static readonly TimeSpan MaxHold = TimeSpan.FromMinutes(2);
    private readonly Lock _lock = new();
    private readonly Dictionary<ExperimentName, Generation> _newest = [];
    private readonly Dictionary<MeetingKey, GroupMeeting?> _meetings = [];      // of the newest generations; null: over
    private readonly List<Held> _held = [];

    /// <summary>Opens the door for a group, and lets in those who wait for it.</summary>
    public void Open(GroupMeeting meeting)
    {
        List<Held> waiting;
        List<(int Rank, GroupMeeting? Meeting)> here;
        var (experiment, generation, rank) = meeting.Key;
        lock (_lock)
        {
            var newest = _newest.GetValueOrDefault(experiment, generation);
            if (generation < newest) throw new ExchangeFailedException(rank, $"generation {generation} is over: {newest} has begun here");
            if (_meetings.ContainsKey(meeting.Key)) throw new ExchangeFailedException(rank, $"has met in generation {generation} already: a failed exchange needs a new one");
            _newest[experiment] = generation;
            foreach (var old in _meetings.Keys.Where(key => key.Experiment == experiment && key.Generation < generation).ToList()) _meetings.Remove(old);
            here = [.. _meetings.Where(other => other.Key.Experiment == experiment && other.Key.Generation == generation && meeting.IsHere(other.Key.Rank)).Select(other => (other.Key.Rank, other.Value))];
            _meetings.Add(meeting.Key, meeting);
            waiting = [.. _held.Where(held => held.Key.Experiment == experiment && (held.Key.Generation < generation || held.Key == meeting.Key))];
            _held.RemoveAll(waiting.Contains);
        }

        foreach (var (other, present) in here)
        {
            if (present is null) meeting.Miss(other);
            else GroupMeeting.Join(present, meeting);
        }

        foreach (var (socket, hello, key, isLocal, _) in waiting)
        {
            if (key == meeting.Key) meeting.Answer(socket, hello, isLocal);
            else Refuse(socket, Outdated(hello, generation));
        }
    }

    public void Close(GroupMeeting meeting)
    {
        lock (_lock)
        {
            if (_meetings.ContainsKey(meeting.Key)) _meetings[meeting.Key] = null;
        }
    }

    /// <summary>From the listener's thread: never waits.</summary>
    public void Admit(Socket socket, Hello hello, bool isLocal)
    {
        var key = new MeetingKey(hello.Experiment, hello.Generation, hello.To);
        GroupMeeting? meeting;
        string? refusal = null;
        lock (_lock)
        {
            var newest = _newest.GetValueOrDefault(hello.Experiment, hello.Generation);
            bool known = _meetings.TryGetValue(key, out meeting);
            if (hello.Generation < newest) refusal = Outdated(hello, newest);
            else if (known && meeting is null) refusal = $"trainer {hello.To} of '{hello.Experiment}' has met in generation {hello.Generation} already";
            else if (!known && _held.Count == MaxHeld) refusal = $"{MaxHeld} wait already";
            else if (!known) _held.Add(new(socket, hello, key, isLocal, Environment.TickCount64 + (long)Math.Min(hello.Patience.TotalMilliseconds, MaxHold.TotalMilliseconds)));
        }

        if (refusal is not null) Refuse(socket, refusal);
        else meeting?.Answer(socket, hello, isLocal);
    }

    /// <summary>Lets those go who have waited long enough.</summary>
    /// <returns>When the next one will have; null: nobody waits.</returns>
    public long? Expire(long now)
    {
        List<Held> expired;
        long? next;
        lock (_lock)
        {
            expired = [.. _held.Where(held => held.End <= now)];
            _held.RemoveAll(expired.Contains);
            next = _held.Count == 0 ? null : _held.Min(held => held.End);
        }

        foreach (var held in expired) held.Socket.Dispose();
        return next;
    }

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var held in _held) held.Socket.Dispose();
            _held.Clear();
        }
    }

    private static string Outdated(Hello hello, Generation newest) => $"generation {hello.Generation} of '{hello.Experiment}' is over: {newest} has begun here";

    /// <summary>Says so, since it may be a process that was frozen and wakes; whether it reads that is its affair.</summary>
    private void Refuse(Socket socket, string reason)
    {
        refusals.Add(socket, reason);
        socket.Blocking = false;
        socket.Send(Handshake.Refusal(), SocketFlags.None, out _);
        socket.Dispose();
    }

    private sealed record Held(Socket Socket, Hello Hello, MeetingKey Key, bool IsLocal, long End);
}
