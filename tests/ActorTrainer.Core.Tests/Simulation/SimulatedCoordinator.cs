using System.Collections.Immutable;
using ActorTrainer.Core.Checkpoints;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Experiments.Placement;
using static ActorTrainer.Core.Experiments.ExperimentEvents;

namespace ActorTrainer.Core.Tests.Simulation;

/// <summary>
/// A process that coordinates: the pool of devices, and a <see cref="Core.Experiments.Placement.Conductor"/> driven as its actor and that one's supervisor do. What it
/// wants journalled is under way for a while; nothing else is heard until it is there.
/// </summary>
internal sealed class SimulatedCoordinator(World world, SimulatedCluster cluster, int number)
{
    private readonly Dictionary<string, SimulatedNode> _nodes = [];
    private readonly Queue<ConductorEffect.Journal> _writes = new();
    private readonly Queue<Action> _stash = new();
    private DevicePool _pool = DevicePool.Empty;
    private SimulatedLead? _lead;
    private long _sequence;
    private int _attempt, _incarnations;
    private bool _writing, _over, _finishing, _running;

    public Process Process { get; } = new($"coordinator-{number}");
    private string Incarnation => $"{Process.Name}/{_incarnations}";
    public Conductor Conductor { get; private set; } = null!;

    public void Start()
    {
        foreach (var node in cluster.Members) Join(node);
        world.At(Process, world.Between(0.2, 1), Attempt);
        world.At(Process, TimeSpan.FromSeconds(1), Tick);
    }

    public void OnUp(SimulatedNode node)
    {
        Join(node);
        Allocate();
    }

    public void OnGone(SimulatedNode node)
    {
        _lead?.NodeLost(node.Name);
        _pool = _pool.Remove(node.Name);
        Allocate();
    }

    /// <summary>To the experiment, which is stashed while something is being journalled.</summary>
    public void Input(Action act)
    {
        int attempt = _attempt;
        world.At(Process, TimeSpan.FromTicks(1), () => Take(attempt, act));
    }

    private void Take(int attempt, Action act)
    {
        if (attempt != _attempt || !_running) return;
        if (_writes.Count > 0) _stash.Enqueue(() => Take(attempt, act));
        else act();
    }

    public void Hear(Word word)
    {
        switch (word)
        {
            case Word.Written written when world.Bug == PlantedBug.CommitsOfAnOlderGeneration && written.Generation < Conductor.State.Generation
                    && (Conductor.State.Newest is not { } newest || newest.Id.Step < written.Stored.Id.Step):
                Do([new ConductorEffect.Journal([new CheckpointCommitted(written.Stored.Id, written.Cursor, written.Stored.Sha256, 1, written.Due, false, default)], () => [])]);
                break;
            case Word.Written written: Do(Conductor.Written(written.Stored, written.Cursor, written.Due)); break;
            case { } old when old.Generation < Conductor.State.Generation: break;
            case Word.Finished finished: Do(Conductor.Trained(finished.Step)); break;
        }
    }

    public void Gathered(SimulatedLead from, Generation generation, GenerationEffect.Gathered gathered)
    {
        if (from != _lead) return;
        var states = gathered.States;
        if (world.Bug == PlantedBug.SurvivorsTrusted && states.All(state => state is not null))
            states = [.. states.Select(_ => states.MaxBy(state => state!.Cursor.Step.Value))];
        Do(Conductor.Gathered(generation, gathered.Seats, states));
    }

    public void Broken(SimulatedLead from, Generation generation, GenerationEffect.Broken broken)
    {
        if (from != _lead) return;
        _lead = null;
        Do(Conductor.Broken(generation, broken.Lost, broken.Reason, broken.Refused));
    }

    public void Do(IReadOnlyList<ConductorEffect> effects)
    {
        foreach (var effect in effects) Do(effect);
    }

    private void Do(ConductorEffect effect)
    {
        switch (effect)
        {
            case ConductorEffect.Journal journal:
                _writes.Enqueue(journal);
                Write();
                break;
            case ConductorEffect.GiveWay: GiveWay(); break;
            case ConductorEffect.FindNodes find: Find(find.Names); break;
            case ConductorEffect.Survey survey: Survey(survey.Number); break;
            case ConductorEffect.RequestSeats request:
                _pool = _pool.Request(cluster.Definition.Name, request.Min, request.Max, 0);
                Allocate();
                break;
            case ConductorEffect.CloseSeat close when _nodes.GetValueOrDefault(close.Node) is { } node: world.Send(Process, node.Process, "close", node.Close); break;
            case ConductorEffect.ReleaseSeats:
                _pool = _pool.Release(cluster.Definition.Name);
                break;
            case ConductorEffect.Doubt doubt: _pool = _pool.Doubt(cluster.Definition.Name, doubt.Node); break;
            case ConductorEffect.Lead lead: Lead(lead); break;
            case ConductorEffect.Begin begin: Begin(begin.Start); break;
            case ConductorEffect.RequestAfterStep request: _lead?.Request(request.Request); break;
            case ConductorEffect.EndGeneration: EndLead(); break;
            case ConductorEffect.Delete delete: Delete(delete.Id); break;
            case ConductorEffect.Sweep sweep: Sweep(sweep.Before); break;
            case ConductorEffect.Retired retired: Delete(retired.Id); break;
            case ConductorEffect.Committed: Do(Conductor.Retire(new(null, 2, false), [])); break;
            case ConductorEffect.Finish: Finish(); break;
            case ConductorEffect.Report report: if (world.IsTraced) world.Note($"{Process}: {report.Text}"); break;
            case ConductorEffect.End: End(); break;
        }
    }

    /// <summary>A person's, which it takes up where it coordinates.</summary>
    public void Wish(bool cancel) => Input(() =>
    {
        if (_over) return;
        cluster.TakenUp();
        Do(cancel ? Conductor.Cancel() : Conductor.Pause());
    });

    /// <summary>What rests goes on.</summary>
    public void Resume()
    {
        if (!Process.IsUp || !_over || Conductor.State.Status != ExperimentStatus.Paused) return;
        _over = false;
        _attempt++;
        _incarnations++;
        Attempt();
    }

    private void End()
    {
        _over = true;
        EndLead();
        if (Conductor.State.Status == ExperimentStatus.Paused) world.At(Process, world.Between(1, 3), Resume);
    }

    private void Attempt()
    {
        if (_over) return;
        if (cluster.Journal.IsAway)
        {
            world.At(Process, TimeSpan.FromSeconds(0.5), Attempt);
            return;
        }

        _running = true;
        Conductor = new(new(cluster.Definition, 1, cluster.MaxTrainers, Incarnation, cluster.Plan, (_, _) => default, () => default));
        (_sequence, _finishing) = (cluster.Journal.Length, false);
        foreach (var happened in cluster.Journal.Events) Conductor.Apply(happened);
        Do(Conductor.TakeOver());
    }

    private void Write()
    {
        if (_writing || !_writes.TryPeek(out var write)) return;
        _writing = true;
        var (attempt, incarnation) = (_attempt, Incarnation);
        // From here on it is the database's, whatever becomes of this process.
        world.At(world.Between(0.001, world.Chance(0.02) ? 2 : 0.01), () =>
        {
            bool written = cluster.Journal.TryAppend(incarnation, _sequence, write.Events);
            if (written) _sequence += write.Events.Length;
            world.At(Process, world.Between(0.001, 0.01), () =>
            {
                if (attempt != _attempt) return;
                _writing = false;
                if (written) OnWritten(write);
                else OnRefused();
            });
        });
    }

    private void OnWritten(ConductorEffect.Journal write)
    {
        foreach (var happened in write.Events) Conductor.Apply(happened);
        var effects = write.Then();
        _writes.Dequeue();
        Do(effects);
        Write();
        while (_writes.Count == 0 && _stash.TryDequeue(out var act)) act();
    }

    /// <summary>As a persistent actor whose journal refuses: it stops with everything below it, and begins again.</summary>
    private void OnRefused()
    {
        if (world.IsTraced) world.Note($"{Process}: the journal refuses");
        EndLead();
        _attempt++;
        _running = false;
        _writes.Clear();
        _stash.Clear();
        world.At(Process, TimeSpan.FromSeconds(0.5), Attempt);
    }

    /// <summary>Whoever took over may be the one that is to go: as long as this process coordinates, it tries again, as another incarnation.</summary>
    private void GiveWay()
    {
        EndLead();
        _attempt++;
        _running = false;
        _incarnations++;
        _pool = _pool.Release(cluster.Definition.Name);
        world.At(Process, world.Between(1, 10), Attempt);
    }

    /// <summary>With its process.</summary>
    public void Killed() => _lead?.Gone();

    private void Delete(CheckpointId id) => world.At(Process, world.Between(0.001, 0.2), () => cluster.Store.Delete(id));

    private void Sweep(Generation before) => world.At(Process, world.Between(0.001, 0.2), () => cluster.Store.Sweep(before));

    private void Survey(int number)
    {
        var state = Conductor.State;
        int attempt = _attempt;
        world.At(Process, world.Between(0.01, 0.5), () =>
        {
            if (world.Bug == PlantedBug.SurveySweeps) cluster.Store.Sweep(state.Generation.Next);
            var survey = CheckpointSurvey.Of(cluster.Store, state);
            world.At(Process, world.Between(0.001, 0.5), () => Take(attempt, () =>
            {
                if (world.Bug == PlantedBug.AdoptsAnOlderGeneration) AdoptOlder(number, survey);
                else Do(Conductor.Surveyed(number, survey));
            }));
        });
    }

    private void AdoptOlder(int number, CheckpointSurvey survey)
    {
        long newest = Conductor.State.Newest?.Id.Step.Value ?? 0;
        ImmutableArray<CheckpointId> old = [.. survey.Garbage.Where(id => id.Step.Value > newest && survey.Adoptable.All(found => found.Stored.Id.Step < id.Step)).Order().TakeLast(1)];
        Do([
            .. old.Select(id => new ConductorEffect.Journal(
                [new CheckpointCommitted(id, Chain.Cursor(id.Step.Value, cluster.Steps), Chain.Text(cluster.Store.HashOf(id) ?? 0), 1, default, Adopted: true, default)], () => [])),
            .. Conductor.Surveyed(number, survey with { Garbage = survey.Garbage.RemoveRange(old) }),
        ]);
    }

    private void Find(ImmutableArray<string> names)
    {
        ImmutableArray<string> found = [.. names.Where(name => _pool.Nodes.ContainsKey(name))];
        _pool = _pool.Adopt(cluster.Definition.Name, found, 1, cluster.MaxTrainers, 0);
        Input(() => Do(Conductor.Found(found)));
    }

    private void Lead(ConductorEffect.Lead lead)
    {
        _lead = new(world, this, new(cluster.Definition, lead.Generation, lead.Seats, lead.Attach), [.. lead.Seats.Select(seat => _nodes[seat.Node])], cluster.NewKey());
        _lead.Open(lead.Attach);
    }

    private void Begin(GenerationStart start)
    {
        if (world.Bug == PlantedBug.RetiresTheStart && start.Source is { } source && Conductor.State.Checkpoints.Any(c => c.Id == source))
            Do([new ConductorEffect.Journal([new CheckpointRetired(source, default)], () => [new ConductorEffect.Delete(source)])]);
        _lead?.Begin(start);
    }

    private void EndLead()
    {
        _lead?.Stop();
        _lead = null;
    }

    private void Finish()
    {
        if (Conductor.IsOver || _finishing) return;
        if (Conductor.WantsToStop)
        {
            Do(Conductor.StopNow());
            return;
        }

        _finishing = true;
        var last = Conductor.State.Newest!.Id;
        string digest = cluster.Store.HashOf(last) is { } hash ? Chain.Text(hash) : throw new ViolationException($"{last} is not there in the end");
        Do([new ConductorEffect.Journal([new ExperimentCompleted(digest, default)], Conductor.End)]);
    }

    private void Join(SimulatedNode node)
    {
        _nodes[node.Name] = node;
        _pool = _pool.Join(new(node.Name, true, false));
    }

    private void Tick()
    {
        foreach (string name in _pool.InDoubt.Order(StringComparer.Ordinal))
        {
            var node = _nodes[name];
            world.Send(Process, node.Process, "describe", () => world.Send(node.Process, Process, "described", () =>
            {
                if (!_pool.InDoubt.Contains(name)) return;
                _pool = _pool.Trust(name);
                Allocate();
            }));
        }

        world.At(Process, TimeSpan.FromSeconds(1), Tick);
    }

    private void Allocate()
    {
        (_pool, var grants) = _pool.Allocate();
        foreach (var grant in grants) Input(() => Do(Conductor.Granted(grant.Seats)));
        if (_pool.WouldGain.IsEmpty) return;
        world.At(Process, TimeSpan.FromSeconds(2), () =>
        {
            if (!_pool.WouldGain.IsEmpty) Input(() => Do(Conductor.CrewChanged()));
        });
    }
}
