using System.Collections.Immutable;

namespace ActorTrainer.Core.Experiments.Placement;

/// <summary>A node with devices to train on, or one to evaluate on, or both.</summary>
/// <param name="Name">The same for as long as its process lives.</param>
/// <param name="Seats">Trainers that it holds: one a device.</param>
public sealed record PoolNode(string Name, bool Trains, bool Evaluates, int Seats = 1);

/// <summary>From <paramref name="Min"/> to <paramref name="Max"/> seats, all at once or none.</summary>
/// <param name="Priority">The greater first; then who asked first.</param>
public sealed record SeatRequest(ExperimentName Experiment, int Min, int Max, int Priority, long Order);

/// <summary>Seats granted to an experiment, by <see cref="SeatName"/>: these and no others are its own from now on, by rank.</summary>
public sealed record SeatGrant(ExperimentName Experiment, ImmutableArray<string> Seats);

/// <summary>
/// Which seat of which node trains for which experiment, and who waits. A value: every change gives a new pool, and <see cref="Allocate"/> says what came of it.
/// Whoever is first in the queue and does not find enough holds back those behind, so that a large experiment is not starved by small ones.
/// </summary>
public sealed record DevicePool
{
    public static DevicePool Empty { get; } = new();

    public ImmutableSortedDictionary<string, PoolNode> Nodes { get; private init; } = ImmutableSortedDictionary.Create<string, PoolNode>(StringComparer.Ordinal);
    /// <summary>Nodes that want to leave: they keep what they have until it is taken from them, and get nothing new.</summary>
    public ImmutableHashSet<string> Leaving { get; private init; } = [];
    /// <summary>Seats, by rank.</summary>
    public ImmutableDictionary<ExperimentName, ImmutableArray<string>> Held { get; private init; } = ImmutableDictionary<ExperimentName, ImmutableArray<string>>.Empty;
    public ImmutableArray<SeatRequest> Queue { get; private init; } = [];

    /// <summary>What each experiment that holds something asked for last.</summary>
    private ImmutableDictionary<ExperimentName, SeatRequest> Wanted { get; init; } = ImmutableDictionary<ExperimentName, SeatRequest>.Empty;
    /// <summary>Seats that failed an experiment, and whose node has not shown life since.</summary>
    private ImmutableHashSet<string> Doubtful { get; init; } = [];
    private long Requests { get; init; }

    public DevicePool Join(PoolNode node) => this with { Nodes = Nodes.SetItem(node.Name, node), Leaving = Leaving.Remove(node.Name), Doubtful = Doubtful.Except(SeatsOf(node)) };

    /// <summary>The node is gone; experiments that held it have been told, or are now.</summary>
    public DevicePool Remove(string name) => this with
    {
        Nodes = Nodes.Remove(name),
        Leaving = Leaving.Remove(name),
        Doubtful = Doubtful.Except(SeatsOf(name)),
        Held = Held.ToImmutableDictionary(held => held.Key, held => held.Value.RemoveAll(seat => SeatName.NodeOf(seat) == name)),
    };

    public DevicePool Leave(string name) => Nodes.ContainsKey(name) ? this with { Leaving = Leaving.Add(name) } : this;

    /// <summary>This seat failed an experiment: nobody gets it until its node is <see cref="Trust">trusted</see> again.</summary>
    public DevicePool Doubt(ExperimentName experiment, string seat) => this with
    {
        Doubtful = Nodes.ContainsKey(SeatName.NodeOf(seat)) ? Doubtful.Add(seat) : Doubtful,
        Held = Held.TryGetValue(experiment, out var held) ? Held.SetItem(experiment, held.Remove(seat)) : Held,
    };

    /// <summary>The node has shown life.</summary>
    public DevicePool Trust(string name) => this with { Doubtful = Doubtful.Except(SeatsOf(name)) };

    /// <summary>Nodes with a seat that failed.</summary>
    public ImmutableHashSet<string> InDoubt => [.. Doubtful.Select(SeatName.NodeOf)];

    /// <summary>By name; none of a node that is not there.</summary>
    public ImmutableArray<string> SeatsOf(string name) => Nodes.TryGetValue(name, out var node) ? SeatsOf(node) : [];

    private static ImmutableArray<string> SeatsOf(PoolNode node) => [.. Enumerable.Range(0, node.Seats).Select(seat => SeatName.Of(node.Name, seat))];

    /// <summary>Whether some experiment has one of its seats.</summary>
    public bool HoldsAnyOf(string name) => Held.Values.Any(held => held.Any(seat => SeatName.NodeOf(seat) == name));

    public DevicePool Request(ExperimentName experiment, int min, int max, int priority)
    {
        var request = new SeatRequest(experiment, Math.Max(1, min), Math.Max(1, Math.Max(min, max)), priority, Requests);
        // Whoever asks has stopped training: a node that wants to leave is free to.
        var held = Held.TryGetValue(experiment, out var own) ? Held.SetItem(experiment, own.RemoveAll(IsLeaving)) : Held;
        return this with { Requests = Requests + 1, Held = held, Wanted = Wanted.SetItem(experiment, request), Queue = [.. Queue.Where(waiting => waiting.Experiment != experiment).Append(request)] };
    }

    /// <summary>Seats that train for an experiment already, found by a coordinator that took over.</summary>
    public DevicePool Adopt(ExperimentName experiment, ImmutableArray<string> seats, int min, int max, int priority) => this with
    {
        Held = Held.SetItem(experiment, seats),
        Wanted = Wanted.SetItem(experiment, new(experiment, min, max, priority, Requests)),
        Requests = Requests + 1,
    };

    public DevicePool Release(ExperimentName experiment) =>
        this with { Held = Held.Remove(experiment), Wanted = Wanted.Remove(experiment), Queue = Queue.RemoveAll(waiting => waiting.Experiment == experiment) };

    /// <summary>Serves the queue as far as it goes.</summary>
    public (DevicePool Pool, ImmutableArray<SeatGrant> Grants) Allocate()
    {
        var (pool, grants) = (this, ImmutableArray.CreateBuilder<SeatGrant>());
        var waiting = Queue.OrderByDescending(request => request.Priority).ThenBy(request => request.Order).ToList();
        for (int i = 0; i < waiting.Count; i++)
        {
            var request = waiting[i];
            var candidates = pool.Candidates(request.Experiment);
            if (candidates.Length < request.Min) break;
            int reserved = waiting.Skip(i + 1).Sum(behind => behind.Min);
            int count = Math.Min(request.Max, Math.Max(request.Min, candidates.Length - reserved));
            var seats = candidates[..count];
            grants.Add(new(request.Experiment, seats));
            pool = pool with { Held = pool.Held.SetItem(request.Experiment, seats), Queue = pool.Queue.Remove(request) };
        }

        return (pool, grants.ToImmutable());
    }

    /// <summary>Experiments that would do better to ask again: there is more to be had, or a node of theirs wants to leave.</summary>
    public ImmutableArray<ExperimentName> WouldGain => Queue.IsEmpty || !Leaving.IsEmpty
        ? [.. Held.Where(held => held.Value.Any(IsLeaving) || Queue.IsEmpty && held.Value.Length < Wanted[held.Key].Max && Candidates(held.Key).Length > held.Value.Length).Select(held => held.Key)]
        : [];

    /// <summary>One to evaluate on: better one that does not train, and best one that is not held at all.</summary>
    public string? Evaluator() => Nodes.Values.Where(node => node.Evaluates && !Leaving.Contains(node.Name) && !Doubtful.Contains(node.Name))
        .OrderBy(node => HoldsAnyOf(node.Name)).ThenBy(node => node.Trains).Select(node => node.Name).FirstOrDefault();

    /// <summary>What it holds comes first, in its order, so that who was shard 0's owner stays it.</summary>
    private ImmutableArray<string> Candidates(ExperimentName experiment)
    {
        var own = Held.GetValueOrDefault(experiment, []);
        return
        [
            .. own.Where(IsUsable),
            .. Nodes.Values.Where(node => node.Trains).SelectMany(node => SeatsOf(node)).Where(seat => IsUsable(seat) && !IsHeld(seat)),
        ];
    }

    private bool IsUsable(string seat) => Nodes.ContainsKey(SeatName.NodeOf(seat)) && !IsLeaving(seat) && !Doubtful.Contains(seat);

    private bool IsLeaving(string seat) => Leaving.Contains(SeatName.NodeOf(seat));

    private bool IsHeld(string seat) => Held.Values.Any(held => held.Contains(seat));
}
