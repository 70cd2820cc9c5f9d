using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Experiments.Placement;
using ActorTrainer.Core.Gradients;

namespace ActorTrainer.Core.Tests.Simulation;

/// <summary>A process that trains: drives a <see cref="Seat{TPeer, TWord}"/> as its actor does, and has a trainer.</summary>
internal sealed class SimulatedNode(World world, SimulatedCluster cluster, string host, int incarnation)
{
    private readonly List<(Generation Generation, SimulatedLead Lead)> _waiting = [];
    private Seat<SimulatedLead, Word>? _seat;
    private SimulatedTrainer? _trainer;
    private Abort _abort = new();
    private bool _preparing;
    private Generation _begun;

    public string Host => host;
    public string Name => Process.Name;
    public Process Process { get; } = new($"{host}~{incarnation}");

    public void Kill(bool resets)
    {
        world.Kill(Process);
        if (resets) _trainer?.Die();
    }

    public void Join(Generation generation, SimulatedLead lead)
    {
        if (_seat is not null)
        {
            Joining(generation, lead);
            return;
        }

        _waiting.Add((generation, lead));
        if (_preparing) return;
        _preparing = true;
        world.At(Process, world.Between(0.1, 1), () =>
        {
            (_preparing, _seat) = (false, NewSeat());
            foreach (var (asked, by) in _waiting) Joining(asked, by);
            _waiting.Clear();
        });
    }

    public void Attach(Generation generation, long heard, SimulatedLead lead)
    {
        if (_seat is null) lead.HearFrom(this, "empty", (to, rank, now) => to.Empty(rank, now));
        else Do(_seat.Attach(generation, world.Bug == PlantedBug.NothingIsSaidAgain ? long.MaxValue / 2 : heard, lead));
    }

    public void Start(GenerationStart start, Team team, SimulatedLead lead)
    {
        if (_seat is not null) Do(_seat.Start(team.Generation, lead), (start, team));
    }

    public void Request(Generation generation, StepRequest request) => _trainer?.Request(generation, request);

    public void Close()
    {
        _abort.IsRaised = true;
        _trainer?.Die();
        // Nothing is known here of what was: whoever asks next can't break anything off.
        (_seat, _trainer, _begun) = (null, null, Generation.None);
    }

    private void Joining(Generation generation, SimulatedLead lead)
    {
        if (world.Bug == PlantedBug.SeatJoinsAnOlderGeneration && generation <= _seat!.Generation)
        {
            _trainer?.Die();
            (_seat, _trainer) = (NewSeat(), null);
        }

        var effects = _seat!.Join(generation, lead);
        if (generation < _begun && effects.OfType<SeatEffect<SimulatedLead, Word>.BreakOff>().Any())
            throw new ViolationException($"{Name} breaks generation {_begun} off for generation {generation}");
        Do(effects);
    }

    public void LeaderGone(SimulatedLead lead)
    {
        if (_seat is not null) Do(_seat.LeaderGone(lead));
    }

    private Seat<SimulatedLead, Word> NewSeat() => new(
        null!, (generation, reason) => new Word.BrokenDown(generation, reason), word => word is Word.Written { Due.IsSpare: true });

    private void Do(IReadOnlyList<SeatEffect<SimulatedLead, Word>> effects, (GenerationStart Start, Team Team)? order = null)
    {
        foreach (var effect in effects)
        {
            switch (effect)
            {
                case SeatEffect<SimulatedLead, Word>.BreakOff: if (_trainer is null) _abort.IsRaised = true; else _trainer.BreakOff(_abort); break;
                case SeatEffect<SimulatedLead, Word>.OpenTrainer: Open(); break;
                case SeatEffect<SimulatedLead, Word>.AskState: _trainer!.SayState(); break;
                case SeatEffect<SimulatedLead, Word>.Join join: join.To?.HearFrom(this, $"joined {join.Generation}", (to, rank, now) => to.Joined(rank, join.Generation, "", join.State, now)); break;
                case SeatEffect<SimulatedLead, Word>.Refuse refuse: refuse.To?.HearFrom(this, $"refuses {refuse.Generation}", (to, rank, now) => to.Refused(rank, refuse.Generation, refuse.Reason, now)); break;
                case SeatEffect<SimulatedLead, Word>.Train: Train(order!.Value); break;
                case SeatEffect<SimulatedLead, Word>.Say say: say.To?.HearFrom(this, $"says {say.Number} {say.Word}", (to, rank, now) => to.Said(rank, say.Generation, say.Number, NewsOf(say.Word), now), say.Word); break;
                case SeatEffect<SimulatedLead, Word>.HoldCheckpoints hold: _trainer?.Hold(hold.Held); break;
                case SeatEffect<SimulatedLead, Word>.Answer answer: answer.To.HearFrom(this, $"alive in {answer.Generation}", (to, rank, now) => to.Alive(rank, answer.Generation, now)); break;
            }
        }
    }

    private void Open()
    {
        SimulatedTrainer? opened = null;
        var seat = _seat;
        opened = _trainer = new(world, cluster, Process,
            (word, of) => { if (opened == _trainer) Do(seat!.Say(word, of)); },
            state => { if (opened == _trainer) Do(seat!.StateHeld(state)); },
            reason =>
            {
                if (opened != _trainer) return;
                opened!.Die();
                _trainer = null;
                Do(seat!.TrainerStopped(reason));
            });
    }

    private void Train((GenerationStart Start, Team Team) order)
    {
        if (order.Team.Generation < _begun) throw new ViolationException($"{Name} begins generation {order.Team.Generation} after {_begun}");
        _begun = order.Team.Generation;
        _abort = new();
        _trainer!.Begin(order.Start, order.Team, _abort);
    }

    private static SeatNews NewsOf(Word word) => word switch
    {
        Word.Interrupted interrupted => new SeatNews.Interrupted(interrupted.Reason),
        Word.BrokenDown broken => new SeatNews.BrokenDown(broken.Reason),
        Word.Stopped stopped => new SeatNews.Stopped(stopped.Step, stopped.Request),
        Word.Started or Word.Finished => new SeatNews.SaidByAll(),
        _ => new SeatNews.ForExperiment(),
    };
}
