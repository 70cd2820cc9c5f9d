using ActorTrainer.Core.Randomness;

namespace ActorTrainer.Core.Tests.Simulation;

/// <summary>Mistakes that are put in on purpose, in the simulator's own parts, to see that it finds them.</summary>
public enum PlantedBug
{
    None,
    /// <summary>A commit of an older generation is journalled all the same.</summary>
    CommitsOfAnOlderGeneration,
    /// <summary>Survivors a step apart are taken for equal, and go on from memory.</summary>
    SurvivorsTrusted,
    /// <summary>A seat that is asked into an older generation joins it.</summary>
    SeatJoinsAnOlderGeneration,
    /// <summary>Everything but the newest checkpoint is retired before its successor is committed.</summary>
    RetiresTheStart,
    /// <summary>Recovery takes over what an older generation wrote.</summary>
    AdoptsAnOlderGeneration,
    /// <summary>Two coordinators can write to the journal.</summary>
    JournalWithoutCompareAndSet,
    /// <summary>A checkpoint has its name before its files are whole.</summary>
    RenamedBeforeItIsWhole,
    /// <summary>What a seat said is not said again.</summary>
    NothingIsSaidAgain,
    /// <summary>A survey removes what it takes for leftovers, also of the generation that it finds in the journal.</summary>
    SurveySweeps,
    /// <summary>What is to be done after a step is asked for once, and lost with its message.</summary>
    RequestsAreSaidOnce,
}

/// <summary>What must not happen has happened.</summary>
internal sealed class ViolationException(string what) : Exception(what);

/// <summary>A process: what happens in it happens only while it lives, and later where it is frozen.</summary>
internal sealed class Process(string name)
{
    public string Name => name;
    public bool IsUp { get; set; } = true;
    public bool IsFrozen { get; set; }
    /// <summary>Processes of different islands can't reach each other.</summary>
    public int Island { get; set; }
    public Queue<Action> Deferred { get; } = new();
    public override string ToString() => name;
}

/// <summary>
/// Virtual time: events in the order of their time, those of one time in an order drawn by the seed; and a network whose messages are late, lost,
/// doubled and overtake each other. One thread, and nothing random but the seed.
/// </summary>
internal sealed class World(ulong seed, PlantedBug bug, Action<string>? trace)
{
    private readonly PriorityQueue<Action, (long Ticks, uint Tie)> _queue = new();
    private readonly Dictionary<(Process, Process), TimeSpan> _lastOn = [];
    private RandomStream _random = new(seed, RandomPurpose.Test, 1, 0);

    public PlantedBug Bug => bug;
    public TimeSpan Now { get; private set; }
    public long Events { get; private set; }
    public bool IsTraced => trace is not null;

    /// <summary>Of messages between processes, as long as there is noise.</summary>
    public double Loss { get; set; }
    public double Duplication { get; set; }
    public double Reordering { get; set; }

    public double Draw() => _random.NextDouble();
    public int Draw(int bound) => _random.NextInt32(bound);
    public bool Chance(double probability) => probability > 0 && _random.NextDouble() < probability;
    public TimeSpan Between(double fromSeconds, double toSeconds) => TimeSpan.FromTicks((long)(_random.NextDouble(fromSeconds, toSeconds) * TimeSpan.TicksPerSecond));

    public void Note(string text) => trace?.Invoke($"{Now.TotalSeconds,8:0.000}  {text}");

    /// <summary>Outside all processes.</summary>
    public void At(TimeSpan delay, Action act) => _queue.Enqueue(act, ((Now + delay).Ticks, _random.NextUInt32()));

    public void At(Process process, TimeSpan delay, Action act) => At(delay, () => Run(process, act));

    public void Send(Process from, Process to, string what, Action deliver)
    {
        if (from == to)
        {
            At(to, Between(0.0001, 0.001), deliver);
            return;
        }

        if (from.Island != to.Island || Chance(Loss))
        {
            if (IsTraced) Note($"{from} -> {to}: {what} is lost");
            return;
        }

        for (int copies = Chance(Duplication) ? 2 : 1; copies > 0; copies--)
        {
            var arrives = Now + Between(0.001, Loss + Reordering > 0 ? 0.3 : 0.01);
            if (_lastOn.TryGetValue((from, to), out var last) && last >= arrives && !Chance(Reordering)) arrives = last + TimeSpan.FromTicks(1);
            _lastOn[(from, to)] = arrives;
            At(to, arrives - Now, () =>
            {
                if (from.Island != to.Island) return;
                if (IsTraced) Note($"{from} -> {to}: {what}");
                deliver();
            });
        }
    }

    public void Kill(Process process)
    {
        process.IsUp = false;
        process.Deferred.Clear();
    }

    public void Thaw(Process process)
    {
        process.IsFrozen = false;
        while (process is { IsUp: true, IsFrozen: false } && process.Deferred.TryDequeue(out var act)) act();
    }

    /// <summary>The next event; false when nothing is left or the time is over.</summary>
    public bool Step(TimeSpan until)
    {
        if (!_queue.TryPeek(out _, out var at) || at.Ticks > until.Ticks) return false;
        var act = _queue.Dequeue();
        Now = TimeSpan.FromTicks(at.Ticks);
        Events++;
        act();
        return true;
    }

    private static void Run(Process process, Action act)
    {
        if (!process.IsUp) return;
        if (process.IsFrozen) process.Deferred.Enqueue(act);
        else act();
    }
}
