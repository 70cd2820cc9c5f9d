using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Tests.Experiments;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Core.Tests.Simulation;

/// <summary>All processes of one run, who the cluster thinks is there, and what goes wrong.</summary>
internal sealed class SimulatedCluster
{
    private const int MostStepsMore = 4;
    private static readonly TimeSpan Aftermath = TimeSpan.FromSeconds(20), Forbearance = TimeSpan.FromSeconds(8);
    private readonly World _world;
    private readonly Dictionary<string, SimulatedExchange> _exchanges = [];
    private readonly Dictionary<string, SimulatedNode> _hosts = [];
    private readonly List<SimulatedCoordinator> _coordinators = [];
    private int _incarnations, _islands, _keys;
    private TimeSpan _troubledUntil;
    private (TimeSpan Time, long Step)? _wished;
    private long _step;

    public SimulatedCluster(World world, int nodes, long steps, int checkpointEvery)
    {
        (_world, Steps, CheckpointEvery) = (world, steps, checkpointEvery);
        MaxTrainers = 1 + world.Draw(4);
        Store = new(world, steps);
        Journal = new(world, Store, this, steps);
        Store.Journal = () => Journal.State;
        for (int i = 0; i < nodes; i++) StartNode($"node{i}");
        StartCoordinator();
    }

    /// <summary>One epoch of one phase, a sample a step.</summary>
    public TrainingPlan Plan => new(
        [
            new PhasePlan(
                new()
                {
                    Name = "all",
                    Epochs = 1,
                    Trainable = ["all"],
                    Data = new() { Train = "/data", Validation = new ValidationSource.None() },
                    Optimizer = new() { Type = OptimizerType.Sgd, LearningRate = 0.1 },
                    Schedule = new() { Type = ScheduleType.Constant },
                },
                new EpochPlan(Seed: 1, [.. Enumerable.Range(0, (int)Steps)], 1, LastBatch.Keep), ["a", "b"]),
        ],
        EvaluateEveryEpochs: 1, CheckpointEvery);

    public long Steps { get; }
    public int CheckpointEvery { get; }
    public int MaxTrainers { get; }
    public ExperimentDefinition Definition { get; } = History.Definition(validation: false) with { LogicalShards = 4 };
    public SimulatedStore Store { get; }
    public SimulatedJournal Journal { get; }
    public List<SimulatedNode> Members { get; } = [];

    public SimulatedCoordinator Coordinator => _coordinators[^1];
    public IReadOnlyList<string> Hosts => [.. _hosts.Keys.Order(StringComparer.Ordinal)];

    public string NewKey() => $"{++_keys}";

    public SimulatedExchange ExchangeOf(Team team)
    {
        if (!_exchanges.TryGetValue(team.Key, out var exchange)) exchange = _exchanges[team.Key] = new(_world, team.Members.Length);
        return exchange;
    }

    public void StartNode(string host)
    {
        if (_hosts.TryGetValue(host, out var before)) Gone(before);
        var node = _hosts[host] = new(_world, this, host, ++_incarnations);
        _world.At(node.Process, _world.Between(0.1, 1), () =>
        {
            if (_world.IsTraced) _world.Note($"{node.Name} is here");
            Members.Add(node);
            foreach (var coordinator in Living()) _world.At(coordinator.Process, _world.Between(0, 0.5), () => coordinator.OnUp(node));
        });
    }

    /// <summary>A person wants it paused, or given up, of whoever coordinates now.</summary>
    public void Wish(bool cancel)
    {
        if (_world.IsTraced) _world.Note(cancel ? "a person cancels" : "a person pauses");
        Coordinator.Wish(cancel);
    }

    public void TakeJournalAway(TimeSpan time)
    {
        Trouble(time);
        if (_world.IsTraced) _world.Note($"the journal is away for {time.TotalSeconds:0.0} s");
        Journal.Away++;
        _world.At(time, () => Journal.Away--);
    }

    public void TakenUp() => _wished ??= (_world.Now, _step);

    /// <summary>Somewhere.</summary>
    public void Applied(long step) => _step = Math.Max(_step, step);

    /// <summary>
    /// It has ended or rests. Where nothing worse happened since than a network that loses messages, a wish takes a step or some, two writes, and a slow journal.
    /// </summary>
    public void HasStopped()
    {
        if (_wished is var (at, step) && at > _troubledUntil && _world.Now - at > Forbearance && _step - step > MostStepsMore)
            throw new ViolationException($"it was to stop {(_world.Now - at).TotalSeconds:0.0} s and {_step - step} steps before");
        _wished = null;
    }

    private void Trouble(TimeSpan time)
    {
        if (_world.Now + time + Aftermath > _troubledUntil) _troubledUntil = _world.Now + time + Aftermath;
    }

    public void KillNode(string host, TimeSpan restart)
    {
        var node = _hosts[host];
        if (!node.Process.IsUp) return;
        Trouble(restart);
        if (_world.IsTraced) _world.Note($"{node.Name} is killed");
        node.Kill(resets: _world.Chance(0.7));
        _world.At(_world.Between(3, 8), () => Gone(node));
        _world.At(restart, () =>
        {
            if (_hosts[host] == node) StartNode(host);
        });
    }

    /// <summary>Frozen or cut off. Where that lasts, the cluster gives it up; it finds out and begins anew some time after it is back.</summary>
    public void DisturbNode(string host, bool freeze, TimeSpan time)
    {
        var node = _hosts[host];
        if (!node.Process.IsUp || node.Process.IsFrozen || node.Process.Island > 0) return;
        Disturb(node.Process, freeze, time);
        var detected = _world.Between(4, 9);
        if (detected >= time) return;
        _world.At(detected, () => Gone(node));
        _world.At(time + _world.Between(0, 3), () =>
        {
            if (_hosts[host] == node) KillNode(host, _world.Between(0.1, 1));
        });
    }

    public void KillCoordinator()
    {
        var old = Coordinator;
        if (!old.Process.IsUp) return;
        Trouble(TimeSpan.Zero);
        if (_world.IsTraced) _world.Note($"{old.Process} is killed");
        _world.Kill(old.Process);
        old.Killed();
        _world.At(_world.Between(0.5, 8), () => Replace(old));
    }

    /// <summary>Where it lasts, another one takes its place while it still thinks that it coordinates.</summary>
    public void DisturbCoordinator(bool freeze, TimeSpan time)
    {
        var old = Coordinator;
        if (!old.Process.IsUp || old.Process.IsFrozen || old.Process.Island > 0) return;
        Disturb(old.Process, freeze, time);
        var detected = _world.Between(2, 8);
        if (detected >= time) return;
        _world.At(detected, () => Replace(old));
        _world.At(time + _world.Between(0, 4), () => _world.Kill(old.Process));
    }

    private void Disturb(Process process, bool freeze, TimeSpan time)
    {
        Trouble(time);
        if (_world.IsTraced) _world.Note($"{process} is {(freeze ? "frozen" : "cut off")} for {time.TotalSeconds:0.0} s");
        int island = ++_islands;
        if (freeze) process.IsFrozen = true;
        else process.Island = island;
        _world.At(time, () =>
        {
            if (_world.IsTraced) _world.Note($"{process} is {(freeze ? "awake" : "back")}");
            if (freeze) _world.Thaw(process);
            else process.Island = 0;
        });
    }

    private void Replace(SimulatedCoordinator old)
    {
        if (Coordinator == old) StartCoordinator();
    }

    private void StartCoordinator()
    {
        _coordinators.Add(new(_world, this, _coordinators.Count + 1));
        if (_world.IsTraced) _world.Note($"{Coordinator.Process} coordinates");
        Coordinator.Start();
    }

    private void Gone(SimulatedNode node)
    {
        if (!Members.Remove(node)) return;
        if (_world.IsTraced) _world.Note($"{node.Name} is no member any more");
        foreach (var coordinator in Living()) _world.At(coordinator.Process, _world.Between(0, 0.5), () => coordinator.OnGone(node));
    }

    private IEnumerable<SimulatedCoordinator> Living() => _coordinators.Where(coordinator => coordinator.Process.IsUp);
}
