using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Training;
using ActorTrainer.Transport.Gradients.Meeting;
using ActorTrainer.Transport.Gradients.Wire;

namespace ActorTrainer.Transport.Gradients;

/// <summary>
/// The exchange between the trainers of one generation: each sums its segment of the vector over all shards, in the order of the fixed tree, and
/// gives it to the others. All calls come from one thread, the device's, and what is begun early is added up on another; only <see cref="Dispose"/> may come from
/// any.
/// It fails as a whole and once: the first failure closes all connections, so that every peer's call fails at once too.
/// </summary>
public sealed class PeerExchange : IGradientExchange, IDisposable
{
    private readonly ImmutableArray<FrameLink> _links;
    private readonly ImmutableArray<ImmutableArray<Subtree>> _subtrees;
    private readonly LinkWaiter _waiter;
    private readonly Lock _inUse = new();
    private readonly Lazy<HelperThread> _helper;
    private ExchangeRound? _round;
    private SplitRound? _split;
    private (EarlySums What, Task Done)? _begun;
    private ExchangeFailedException? _failure;
    private long _sequence;
    private volatile bool _disposed;

    internal PeerExchange(CollectiveGroup group, ImmutableArray<FrameLink> links, Func<TimeSpan> deadline)
    {
        (Group, _links, _waiter, _subtrees) = (group, links, new(deadline), ExchangePlan.SubtreesOf(group));
        _helper = new(() => new($"collective-{group.Rank}"));
        foreach (var link in links) _waiter.Attach(link);
    }

    public bool IsFar => Group.IsFar;

    public CollectiveGroup Group { get; }

    /// <summary>How many of the peers are in this process: there is no socket between.</summary>
    public int PeersInProcess => _links.Count(link => link.Wire.IsWithinProcess);

    /// <summary>How many of the others are reached through shared memory; those that remain, through their socket alone.</summary>
    public int PeersInSharedMemory => _links.Count(link => link.SharesMemory) - PeersInProcess;

    /// <summary>
    /// Meets all peers. Blocks until every one is connected and has said the same about the generation; throws <see cref="ExchangeFailedException"/> naming
    /// the one that did not, or with its difference.
    /// </summary>
    /// <param name="patience">For the meeting.</param>
    /// <param name="deadline">How long a peer may be silent in an exchange; asked anew at each wait. See <see cref="StepDeadline"/>.</param>
    public static PeerExchange Connect(MeetingPlace place, CollectiveGroup group, TimeSpan patience, Func<TimeSpan> deadline, CancellationToken cancel = default)
    {
        group.Verify();
        return new(group, GroupMeeting.Run(place, group, patience, cancel), deadline);
    }

    /// <inheritdoc cref="Connect(MeetingPlace, CollectiveGroup, TimeSpan, Func{TimeSpan}, CancellationToken)"/>
    public static PeerExchange Connect(CollectiveListener listener, CollectiveGroup group, TimeSpan patience, Func<TimeSpan> deadline, CancellationToken cancel = default) =>
        Connect(listener.Place, group, patience, deadline, cancel);

    /// <summary><see cref="Connect(CollectiveListener, CollectiveGroup, TimeSpan, Func{TimeSpan}, CancellationToken)"/> on a thread of its own.</summary>
    public static Task<PeerExchange> ConnectAsync(CollectiveListener listener, CollectiveGroup group, TimeSpan patience, Func<TimeSpan> deadline, CancellationToken cancel = default) =>
        Task.Factory.StartNew(() => Connect(listener, group, patience, deadline, cancel), cancel, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>
    /// The sum over all shards, the same bits on every trainer. It stands in the memory of the first of <paramref name="own"/>, whose vectors it uses
    /// up, whether it succeeds or fails.
    /// </summary>
    public GradientSum Exchange(IReadOnlyList<GradientSum> own)
    {
        Verify(own);
        if (_begun is { } begun) return Finish(begun.What, begun.Done, own);
        return Use(() =>
        {
            if (_links.IsEmpty) return own[0];      // all shards are one subtree, which is the sum
            int bytes = own[0].Values.Length, gradients = own[0].GradientBytes ?? bytes;
            if (_round?.IsFor(bytes, gradients) != true) _round = new(new(Group, bytes, gradients), _links, _waiter);
            return _round.Run(own, _sequence);
        });
    }

    public void Begin(EarlySums early)
    {
        Verify(early.Sums);
        if (_begun is not null || _links.IsEmpty) throw new InvalidOperationException("A part is on its way already, or there is nobody to add up with.");
        lock (_inUse)
        {
            if (_disposed) throw Closed(null);
            var sum = early.Sums[0];
            int bytes = sum.Values.Length, gradients = sum.GradientBytes ?? bytes;
            if (_split?.IsFor(bytes, gradients, early.Part) != true) _split = new(Group, bytes, gradients, early.Part, _links, _waiter);
            var round = _split.Early;
            _begun = (early, _helper.Value.Run(() => Use(() => round.Run(early.Sums, _sequence))));
        }
    }

    private GradientSum Finish(EarlySums early, Task begun, IReadOnlyList<GradientSum> own)
    {
        _begun = null;
        begun.GetAwaiter().GetResult();
        if (!own.Select(sum => sum.Values).SequenceEqual(early.Sums.Select(sum => sum.Values))) throw new ArgumentException("Other vectors than those of which a part was begun.", nameof(own));
        return Use(() => _split!.Rest.Run(own, _sequence));
    }

    /// <summary>All trainers call it together: an exchange of tails around nothing.</summary>
    public StepTail Agree(StepTail own) =>
        Exchange([.. _subtrees[Group.Rank].Select((subtree, i) => new GradientSum(subtree, Memory<byte>.Empty, i == 0 ? own : default))]).Tail;

    /// <summary>
    /// All trainers call it together: those without the state get it from one that has it. Returns the own state, or the received one once its
    /// <see cref="StateHash"/> is the expected one.
    /// </summary>
    /// <param name="from">The rank that gives it.</param>
    /// <param name="own">Null: not here, or not the right one.</param>
    /// <param name="hash">Of the right state; the group's where absent.</param>
    public TrainingState Share(int from, TrainingState? own, string? hash = null)
    {
        if (from < 0 || from >= Group.Members.Length) throw new ArgumentOutOfRangeException(nameof(from), from, $"none of {Group.Members.Length} trainers");
        if (from == Group.Rank && own is null) throw new ArgumentNullException(nameof(own), "The trainer that gives the state must have it.");
        return Use(() =>
        {
            if (from == Group.Rank)
            {
                StateTransfer.Send(own!, _links, _sequence, _waiter);
                return own!;
            }

            return StateTransfer.Receive(own, hash ?? Group.StateHash, _links.Single(link => link.Rank == from), _sequence, _waiter);
        });
    }

    TrainingState IGradientExchange.Share(int from, TrainingState? own) => Share(from, own);

    /// <summary>All trainers call it together, each with something short; returns what each said, by rank.</summary>
    internal ImmutableArray<byte[]> Tell(byte[] word) => Use(() =>
    {
        byte[][] words = new byte[Group.Members.Length][];
        words[Group.Rank] = word;
        StateTransfer.Tell(word, words, _links, _sequence, _waiter);
        return words.ToImmutableArray();
    });

    /// <summary>Throws for a peer that has gone: for whoever waits for something of theirs that comes another way. On the thread that exchanges.</summary>
    internal void Look()
    {
        foreach (var link in _links) link.TryReadHeader(out _);
    }

    /// <summary>Whether it has failed, or was disposed: for good.</summary>
    internal bool HasFailed => _disposed || _failure is not null;

    /// <summary>Closes all connections: the peers' calls fail at once, and so does one that is going on here.</summary>
    public void Dispose()
    {
        _disposed = true;
        foreach (var link in _links) link.Hurt();
        lock (_inUse)
        {
            foreach (var link in _links) link.Dispose();
            _waiter.Dispose();
            if (_helper.IsValueCreated) _helper.Value.Dispose();
        }
    }

    private T Use<T>(Func<T> action) => Guard(() =>
    {
        var result = action();
        _sequence++;
        return result;
    });

    /// <summary>Something that is part of the exchange: where it throws, the exchange has failed, for the peers too.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever went wrong, the peers must not wait; it is thrown on.")]
    internal T Guard<T>(Func<T> action)
    {
        lock (_inUse)
        {
            if (_disposed) throw Closed(null);
            if (_failure is not null) throw new ExchangeFailedException(_failure.Rank, _failure.Reason, _failure);
            try
            {
                return action();
            }
            catch (Exception e)
            {
                foreach (var link in _links) link.Hurt();
                if (_disposed) throw Closed(e);
                _failure = e as ExchangeFailedException ?? new(Group.Rank, e.Message, e);
                throw;
            }
        }
    }

    private ExchangeFailedException Closed(Exception? inner) => new(Group.Rank, "its exchange was closed here", inner);

    private void Verify(IReadOnlyList<GradientSum> own)
    {
        var expected = _subtrees[Group.Rank];
        if (!own.Select(sum => sum.At).SequenceEqual(expected)) throw new ArgumentException($"The sums are not those of {string.Join(", ", expected)}.", nameof(own));
        if (own.Any(sum => sum.Values.Length != own[0].Values.Length || sum.GradientBytes != own[0].GradientBytes)) throw new ArgumentException("The sums differ in length.", nameof(own));
    }
}
