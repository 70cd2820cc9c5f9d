using System.Collections.Immutable;
using ActorTrainer.Core.Gradients;
using static ActorTrainer.Core.Experiments.Placement.GenerationEffect;

namespace ActorTrainer.Core.Experiments.Placement;

/// <summary>
/// One generation's trainers as whoever leads them sees them: who has joined, what was heard of whom and when, who is lost. It never decides what
/// counts. Single-threaded, without a clock: every input carries the time since the generation was begun or looked for, and answers with what is to be
/// done.
/// <code>
///   gathering --all joined--> gathered --Begin--> running --interrupted, lost--> settling --(a moment)--> over
///       '-- refused, silent --> over            attaching --all alive--> running
/// </code>
/// </summary>
public sealed class GenerationLead
{
    /// <summary>How often <see cref="Tick"/> is wanted.</summary>
    public static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(500);

    /// <summary>A seat that has not said a word for so long is gone. Trainers notice much sooner: this is for a node that nobody exchanges with.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>After the first bad news: whoever lives says a word within this, and whose news is the cause and whose the consequence shows.</summary>
    public static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(1500);

    private readonly ExperimentDefinition _definition;
    private readonly ImmutableArray<Seat> _seats;
    private readonly Dictionary<string, string> _lost = [];
    private readonly Dictionary<int, SeatNews.Stopped> _stopped = [];
    private List<GenerationEffect> _effects = [];
    private State _state;
    private string? _reason;
    private TimeSpan _badNewsAt, _begunAt;
    private bool _refused;
    private StepRequest _request;

    private enum State { Gathering, Gathered, Attaching, Running, Settling, Over }

    /// <param name="seats">By rank.</param>
    /// <param name="attach">The generation is thought to be running: find it instead of beginning it.</param>
    public GenerationLead(ExperimentDefinition definition, Generation generation, ImmutableArray<SeatPlace> seats, bool attach)
    {
        (_definition, Generation, _state) = (definition, generation, attach ? State.Attaching : State.Gathering);
        _seats = [.. seats.Select((place, rank) => new Seat(rank, place))];
    }

    public Generation Generation { get; }

    /// <summary>An attaching one says its first words at the first <see cref="Tick"/>, which is due at once.</summary>
    public IReadOnlyList<GenerationEffect> Open()
    {
        if (_state == State.Gathering) _effects.AddRange(_seats.Select(seat => new Join(seat.Rank)));
        return Done();
    }

    /// <summary>Any word of a seat, or of its node in its place: it lives. The other words of a seat count as one too.</summary>
    public IReadOnlyList<GenerationEffect> Heard(int rank, TimeSpan now)
    {
        _seats[rank].HeardAt = now;
        return Done();
    }

    public IReadOnlyList<GenerationEffect> Joined(int rank, Generation generation, string? endpoint, LiveState? state, TimeSpan now)
    {
        var seat = _seats[rank];
        seat.HeardAt = now;
        if (generation != Generation || _state != State.Gathering) return Done();
        MakeKnown(seat);
        seat.Ready = (endpoint, state);
        if (_seats.Any(s => s.Ready is null)) return Done();
        _state = State.Gathered;
        _effects.Add(new Gathered([.. _seats.Select(s => s.Place)], [.. _seats.Select(s => s.Ready!.Value.State)]));
        return Done();
    }

    /// <summary>It can't train this experiment, or won't.</summary>
    public IReadOnlyList<GenerationEffect> Refused(int rank, Generation generation, string reason, TimeSpan now)
    {
        _seats[rank].HeardAt = now;
        if (generation != Generation || _state is not (State.Gathering or State.Gathered)) return Done();
        _refused = true;
        Lose(_seats[rank], reason, now);
        return Done();
    }

    /// <summary>The experiment has journalled where the generation begins.</summary>
    /// <param name="key">A secret that its trainers know each other by; empty where one trains alone.</param>
    public IReadOnlyList<GenerationEffect> Begin(GenerationStart start, string key, TimeSpan now)
    {
        if (_state != State.Gathered) return Done();
        var members = _seats.Select(seat => new TeamMember(seat.Place.Own, seat.Ready!.Value.Endpoint)).ToImmutableArray();
        foreach (var seat in _seats)
        {
            seat.Start = new(seat.Rank, start, new Team(
                _definition.Name, Generation, start.From.Step, start.StateHash ?? start.Source?.ToString() ?? "", _definition.ConfigurationHash,
                _definition.Fingerprint, _definition.LogicalShards, members, seat.Rank, key));
            _effects.Add(seat.Start);
        }

        (_state, _begunAt) = (State.Running, now);
        return Done();
    }

    /// <summary>
    /// After the step that is under way. Said again at every beat until all have done it: a word gets lost, and who has not begun yet takes it up then.
    /// </summary>
    public IReadOnlyList<GenerationEffect> Request(StepRequest request)
    {
        if (request > _request) _request = request;
        AskAll();
        return Done();
    }

    /// <summary>The seat says which generation it is in.</summary>
    public IReadOnlyList<GenerationEffect> Alive(int rank, Generation generation, TimeSpan now)
    {
        var seat = _seats[rank];
        seat.HeardAt = now;
        if (_state is State.Gathering or State.Gathered) return Done();
        if (generation != Generation)
        {
            if (_state == State.Attaching || generation > Generation) Lose(seat, $"it is in generation {generation}", now);
            // The order was lost, or is on its way: a seat begins a generation once.
            else if (_state == State.Running && seat is { HasBegun: false, Start: { } start }) _effects.Add(start);
            return Done();
        }

        MakeKnown(seat);
        (seat.IsAttached, seat.HasBegun) = (true, true);
        if (_state != State.Attaching || !_seats.All(s => s.IsAttached)) return Done();
        _state = State.Running;
        _effects.Add(new Reattached());
        return Done();
    }

    /// <summary>The node has no such seat.</summary>
    public IReadOnlyList<GenerationEffect> Empty(int rank, TimeSpan now)
    {
        _seats[rank].HeardAt = now;
        if (_state is State.Attaching or State.Running) Lose(_seats[rank], "its process has begun anew", now);
        return Done();
    }

    /// <summary>A numbered word: heard in order and without gaps; what is missing is said again after the next beat.</summary>
    public IReadOnlyList<GenerationEffect> Said(int rank, Generation generation, long number, SeatNews news, TimeSpan now)
    {
        var seat = _seats[rank];
        seat.HeardAt = now;
        if (generation != Generation || number != seat.Heard + 1) return Done();
        MakeKnown(seat);
        seat.HasBegun = true;
        seat.Heard++;
        switch (news)
        {
            case SeatNews.Interrupted interrupted:
                _effects.Add(new BadNews(rank, interrupted.Reason));
                Settle(interrupted.Reason, now);
                break;
            case SeatNews.BrokenDown broken: Settle(broken.Reason, now); break;
            case SeatNews.Stopped stopped: OnStopped(seat, stopped); break;
            case SeatNews.SaidByAll when rank > 0: break;
            default: _effects.Add(new HandOn(rank)); break;
        }

        return Done();
    }

    public IReadOnlyList<GenerationEffect> NodeLost(string node, TimeSpan now)
    {
        if (_seats.FirstOrDefault(seat => seat.Place.Node == node) is { } seat) Lose(seat, "its node has left the cluster", now);
        return Done();
    }

    /// <summary>What is watched is no more.</summary>
    public IReadOnlyList<GenerationEffect> SeatGone(int rank, TimeSpan now)
    {
        Lose(_seats[rank], "its trainer is gone", now);
        return Done();
    }

    public IReadOnlyList<GenerationEffect> Tick(TimeSpan now)
    {
        foreach (var seat in _seats)
        {
            if (_state is State.Gathering or State.Attaching or State.Running && now - seat.HeardAt > Patience)
            {
                Lose(seat, $"it has not been heard of for {Patience.TotalSeconds:0} s", now);
                return Done();
            }

            if (_state == State.Running && seat is { HasBegun: false, Start: not null } && now - _begunAt > Patience)
            {
                Lose(seat, "it does not begin", now);
                return Done();
            }

            if (_state is State.Running or State.Attaching) _effects.Add(new Attach(seat.Rank, seat.Heard));
        }

        AskAll();
        return Done();
    }

    /// <summary>The time of <see cref="GenerationEffect.Settle"/> has passed.</summary>
    public IReadOnlyList<GenerationEffect> Settled()
    {
        if (_state != State.Settling) return Done();
        _state = State.Over;
        foreach (var seat in _seats.Where(seat => _seats.Length > 1 && !_refused && seat.HeardAt <= _badNewsAt)) _lost.TryAdd(seat.Place.Node, "it does not answer");
        _effects.Add(new Broken(_lost.ToImmutableDictionary(), _reason ?? "", _refused));
        return Done();
    }

    private void AskAll()
    {
        if (_state != State.Running || _request == StepRequest.None) return;
        _effects.AddRange(_seats.Where(seat => seat.IsKnown && !_stopped.ContainsKey(seat.Rank)).Select(seat => new Ask(seat.Rank, _request)));
    }

    private void OnStopped(Seat seat, SeatNews.Stopped stopped)
    {
        _stopped[seat.Rank] = stopped;
        if (_stopped.Count == _seats.Length) _effects.Add(new AllStopped(stopped.Step, stopped.Request));
    }

    private void MakeKnown(Seat seat)
    {
        if (seat.IsKnown) return;
        seat.IsKnown = true;
        _effects.Add(new Meet(seat.Rank));
    }

    private void Lose(Seat seat, string reason, TimeSpan now)
    {
        if (_state == State.Over || !_lost.TryAdd(seat.Place.Node, reason)) return;
        _effects.Add(new LoseSeat(seat.Rank, reason));
        Settle($"{seat.Place.Node}: {reason}", now);
    }

    private void Settle(string reason, TimeSpan now)
    {
        _reason ??= reason;
        if (_state is State.Settling or State.Over) return;
        bool quick = _seats.Length == 1 || _state is State.Gathering or State.Gathered;
        (_state, _badNewsAt) = (State.Settling, now);
        _effects.AddRange(_seats.Where(seat => !_lost.ContainsKey(seat.Place.Node)).Select(seat => new Attach(seat.Rank, seat.Heard)));
        _effects.Add(new GenerationEffect.Settle(quick ? TimeSpan.Zero : Settling));
    }

    private IReadOnlyList<GenerationEffect> Done()
    {
        if (_effects.Count == 0) return [];
        var effects = _effects;
        _effects = [];
        return effects;
    }

    private sealed class Seat(int rank, SeatPlace place)
    {
        public int Rank => rank;
        public SeatPlace Place => place;
        public (string? Endpoint, LiveState? State)? Ready { get; set; }
        public bool IsKnown { get; set; }
        public Start? Start { get; set; }
        public bool HasBegun { get; set; }
        public bool IsAttached { get; set; }
        public long Heard { get; set; }
        public TimeSpan HeardAt { get; set; }
    }
}
