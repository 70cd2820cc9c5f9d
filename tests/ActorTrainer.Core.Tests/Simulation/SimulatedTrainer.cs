using ActorTrainer.Core.Checkpoints;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Experiments.Placement;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Core.Tests.Simulation;

/// <summary>What a trainer says, as far as generations are concerned.</summary>
internal abstract record Word(Generation Generation)
{
    public sealed record Started(Generation Generation) : Word(Generation);
    public sealed record Finished(Generation Generation, StepNumber Step) : Word(Generation);
    public sealed record Stopped(Generation Generation, StepNumber Step, StepRequest Request) : Word(Generation);
    public sealed record Interrupted(Generation Generation, string Reason) : Word(Generation);
    public sealed record BrokenDown(Generation Generation, string Reason) : Word(Generation);
    public sealed record Written(StoredCheckpoint Stored, TrainingCursor Cursor, StepDue Due) : Word(Stored.Id.Generation);
}

/// <summary>Ends a generation at a trainer from outside, as a cancellation token does.</summary>
internal sealed class Abort
{
    public bool IsRaised { get; set; }
}

/// <summary>
/// A trainer as its peers, its seat and the store see it: a state that moves a step when an exchange is complete, an inbox that waits while it computes
/// or exchanges, and a writer beside it.
/// </summary>
internal sealed class SimulatedTrainer(World world, SimulatedCluster cluster, Process process, Action<Word, Generation?> say, Action<LiveState?> holds, Action<string> dies)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);
    private readonly Queue<Action> _inbox = new();
    private (long Step, ulong Hash)? _state;
    private Team? _team;
    private Abort _abort = new();
    private SimulatedExchange? _exchange;
    private StepRequest _request;
    private CheckpointId? _writing, _written;
    private bool _over = true, _waitsToWrite, _pumping, _dead, _holds;
    private (bool Is, bool Finished) _ending;
    private int _blocked;      // a new number for every wait; odd: it waits
    private StepDue _due;

    /// <summary>The state that a peer gives, once they have met.</summary>
    private (long Step, ulong Hash)? _receives;

    public Process Process => process;
    public int Rank => _team!.Rank;
    public Generation Generation => _team?.Generation ?? Generation.None;

    public void Begin(GenerationStart start, Team team, Abort abort) => Post(() => OnBegin(start, team, abort));
    public void Hold(bool held) => Post(() => _holds = held);
    public void SayState() => Post(() => holds(_state is var (step, hash) ? new LiveState(Chain.Cursor(step, cluster.Steps), Chain.Text(hash)) : null));
    public void Request(Generation generation, StepRequest request) => Post(() =>
    {
        if (_over || generation != Generation || request <= _request) return;
        _request = request;
        Wake();
    });

    /// <summary>From outside its thread.</summary>
    public void BreakOff(Abort abort)
    {
        abort.IsRaised = true;
        if (abort != _abort || _blocked % 2 == 0) return;
        int wait = _blocked;
        world.At(process, world.Between(0.0001, 0.05), () => Fail(wait, "it was broken off"));
    }

    public void Die()
    {
        _dead = true;
        _exchange?.Leave(this);
    }

    /// <summary>A peer is there, or the sum of a step: the wait is over.</summary>
    public void Complete(int wait, Action then)
    {
        if (_dead || wait != _blocked || wait % 2 == 0) return;
        _blocked++;
        then();
        Pump();
    }

    public void Fail(int wait, string reason) => Complete(wait, () => Interrupt(reason));

    private void OnBegin(GenerationStart start, Team team, Abort abort)
    {
        Leave();
        (_team, _abort) = (team, abort);
        (_request, _ending, _waitsToWrite, _over, _holds) = (StepRequest.None, (false, false), false, false, false);
        _written = start.Source;
        if (start.IsLive)
        {
            _receives = start.Giver is not null && _state?.Step != start.From.Step.Value ? (start.From.Step.Value, Chain.Read(start.StateHash!)) : null;
            if (_receives is null && (_state is not var (step, _) || step != start.From.Step.Value && world.Bug != PlantedBug.SurvivorsTrusted))
            {
                dies($"the state after step {start.From.Step} is not in memory here");
                return;
            }

            if (world.Bug == PlantedBug.SurvivorsTrusted && _receives is null) _state = (start.From.Step.Value, _state!.Value.Hash);
        }
        else if (start.Source is { } source)
        {
            _receives = null;
            if (cluster.Store.HashOf(source) is not { } hash)
            {
                dies($"{source} is not there");
                return;
            }

            _state = (source.Step.Value, hash);
        }
        else
        {
            _receives = null;
            _state = (0, 0);
        }

        if (abort.IsRaised)
        {
            Interrupt("it was broken off");
            return;
        }

        _exchange = cluster.ExchangeOf(team);
        int wait = Wait();
        _exchange.Connect(this, wait);
    }

    public void Connected()
    {
        if (_receives is { } received) _state = received;
        _receives = null;
        say(new Word.Started(_team!.Generation), _team.Generation);
        // Who wrote the checkpoint that was due at this step may have died of it.
        if (_state is var (step, _) && step > 0 && (step % cluster.CheckpointEvery == 0 || step == cluster.Steps)) TryWrite(new StepDue(false, step == cluster.Steps, false, true));
        Wake();
    }

    private void GoOn()
    {
        if (_over || _state is not var (step, _)) return;
        if (_waitsToWrite && !TryWrite(_due)) return;
        if (_ending.Is)
        {
            if (_writing is null) End();
        }
        else if (step == cluster.Steps)
        {
            _ending = (true, true);
            TryWrite(default);
            Wake();
        }
        else
        {
            int wait = Wait(deadline: false);
            world.At(process, world.Between(0.1, 1), () =>
            {
                if (_dead || wait != _blocked) return;
                _blocked++;
                if (_abort.IsRaised)
                {
                    Interrupt("it was broken off");
                    Pump();
                    return;
                }

                _exchange!.Add(this, step + 1, _request, Wait());
            });
        }
    }

    /// <summary>The sum over all shards is there.</summary>
    public void Apply(long step, StepRequest request)
    {
        var (before, hash) = _state!.Value;
        if (step != before + 1) throw new ViolationException($"{process} is given step {step} at step {before}");
        _state = (step, Chain.Next(hash, step));
        if (_state.Value.Hash != Chain.At(step)) throw new ViolationException($"{process} holds a wrong state after step {step} of generation {Generation}");
        cluster.Applied(step);
        _request = request;
        if (request >= StepRequest.CheckpointAndRegroup) _ending = (true, false);
        var due = new StepDue(false, step == cluster.Steps, false, step % cluster.CheckpointEvery == 0 || step == cluster.Steps);
        if (due.Checkpoint && !(_holds && due.IsSpare) || _ending.Is) TryWrite(due);
        Wake();
    }

    private bool TryWrite(StepDue due)
    {
        var id = new CheckpointId(_team!.Generation, new(_state!.Value.Step));
        _waitsToWrite = false;
        if (_team.Rank > 0 || _written?.Step == id.Step || _writing == id) return true;
        (_waitsToWrite, _due) = (true, due);
        if (_writing is not null) return false;
        (_waitsToWrite, _writing) = (false, id);
        Write(id, _state.Value.Hash, due);
        return true;
    }

    private void Write(CheckpointId id, ulong hash, StepDue due)
    {
        world.At(process, world.Between(0.01, 0.1), () =>
        {
            if (_dead) return;
            cluster.Store.BeginWrite(id, hash);
            world.At(process, world.Between(0.05, 2), () =>
            {
                if (_dead) return;
                if (cluster.Store.FinishWrite(id, hash) is not { } stored)
                {
                    world.At(process, TimeSpan.FromSeconds(1), () => Write(id, hash, due));
                    return;
                }

                if (world.IsTraced) world.Note($"{process} has written {id}");
                world.At(process, world.Between(0.0001, 0.01), () =>
                {
                    if (_dead) return;
                    say(new Word.Written(stored, Chain.Cursor(id.Step.Value, cluster.Steps), due), null);
                    Post(() =>
                    {
                        _writing = null;
                        if (id.Generation == _team!.Generation) _written = id;
                        Wake();
                    });
                });
            });
        });
    }

    private void End()
    {
        _over = true;
        var (generation, step) = (_team!.Generation, new StepNumber(_state!.Value.Step));
        say(_ending.Finished ? new Word.Finished(generation, step) : new Word.Stopped(generation, step, _request), generation);
    }

    private void Interrupt(string reason)
    {
        if (world.IsTraced) world.Note($"{process} is interrupted in generation {Generation} after step {_state?.Step}: {reason}");
        Leave();
        say(new Word.Interrupted(_team!.Generation, reason), _team.Generation);
    }

    private void Leave()
    {
        _over = true;
        _exchange?.Leave(this);
        _exchange = null;
    }

    private int Wait(bool deadline = true)
    {
        int wait = ++_blocked;
        if (deadline) world.At(process, Deadline, () => Fail(wait, "a peer is silent"));
        return wait;
    }

    private void Wake()
    {
        if (!_over) Post(GoOn);
    }

    private void Post(Action act)
    {
        _inbox.Enqueue(act);
        Pump();
    }

    private void Pump()
    {
        if (_pumping || _dead || _blocked % 2 == 1 || _inbox.Count == 0) return;
        _pumping = true;
        world.At(process, world.Between(0.0001, 0.002), () =>
        {
            _pumping = false;
            if (_dead || _blocked % 2 == 1 || !_inbox.TryDequeue(out var act)) return;
            act();
            Pump();
        });
    }
}

/// <summary>
/// The exchange of one generation. A step is complete when everybody has given its part; whether everybody then hears of it is another matter. Whoever
/// leaves is missed at once by those it is connected to, and after the deadline by those it is cut off from.
/// </summary>
internal sealed class SimulatedExchange(World world, int trainers)
{
    private readonly Dictionary<SimulatedTrainer, int> _connecting = [];
    private readonly Dictionary<int, (SimulatedTrainer Trainer, long Step, StepRequest Request, int Wait)> _parts = [];
    private readonly HashSet<SimulatedTrainer> _members = [];
    private bool _isConnected, _isBroken;

    public void Connect(SimulatedTrainer trainer, int wait)
    {
        _connecting[trainer] = wait;
        _members.Add(trainer);
        if (_isBroken)
        {
            trainer.Fail(wait, "a peer has left");
            return;
        }

        if (_isConnected || _members.Count > trainers) throw new ViolationException($"{trainer.Process} joins an exchange that is complete");
        if (_connecting.Count < trainers || _connecting.Keys.Any(member => member.Process.Island != trainer.Process.Island)) return;
        _isConnected = true;
        foreach (var (member, its) in _connecting.OrderBy(pair => pair.Key.Rank)) world.At(member.Process, world.Between(0.001, 0.02), () => member.Complete(its, member.Connected));
    }

    public void Add(SimulatedTrainer trainer, long step, StepRequest request, int wait)
    {
        if (_isBroken)
        {
            trainer.Fail(wait, "a peer has left");
            return;
        }

        _parts[trainer.Rank] = (trainer, step, request, wait);
        if (_parts.Count < trainers) return;
        var parts = _parts.Values.OrderBy(part => part.Trainer.Rank).ToList();
        _parts.Clear();
        if (parts.Exists(part => part.Step != step)) throw new ViolationException($"trainers of one generation exchange different steps: {string.Join(", ", parts.Select(part => part.Step))}");
        var all = parts.Max(part => part.Request);
        foreach (var part in parts.Where(part => parts.TrueForAll(other => other.Trainer.Process.Island == part.Trainer.Process.Island)))
            world.At(part.Trainer.Process, world.Between(0.001, 0.1), () => part.Trainer.Complete(part.Wait, () => part.Trainer.Apply(step, all)));
        _waiting = parts;
    }

    private List<(SimulatedTrainer Trainer, long Step, StepRequest Request, int Wait)> _waiting = [];

    public void Leave(SimulatedTrainer trainer)
    {
        if (!_members.Contains(trainer)) return;
        _isBroken = true;
        foreach (var (member, wait) in _connecting.OrderBy(pair => pair.Key.Rank)) Miss(member, wait);
        foreach (var (_, part) in _parts.OrderBy(pair => pair.Key)) Miss(part.Trainer, part.Wait);
        foreach (var part in _waiting) Miss(part.Trainer, part.Wait);

        void Miss(SimulatedTrainer peer, int wait)
        {
            if (peer != trainer && peer.Process.Island == trainer.Process.Island) world.At(peer.Process, world.Between(0.001, 0.1), () => peer.Fail(wait, "a peer has left"));
        }
    }
}
