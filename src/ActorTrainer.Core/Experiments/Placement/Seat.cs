namespace ActorTrainer.Core.Experiments.Placement;

/// <summary>What a <see cref="Seat{TPeer, TWord}"/> wants done, in this order.</summary>
/// <typeparam name="TPeer">The address of whoever leads a generation.</typeparam>
/// <typeparam name="TWord">What a trainer says.</typeparam>
public abstract record SeatEffect<TPeer, TWord>
{
    /// <summary>End the exchange that may be under way, from outside its thread.</summary>
    public sealed record BreakOff : SeatEffect<TPeer, TWord>;

    /// <summary>There is no trainer: make one.</summary>
    public sealed record OpenTrainer : SeatEffect<TPeer, TWord>;

    /// <summary>Have the trainer say what it holds: <see cref="Seat{TPeer, TWord}.StateHeld"/>.</summary>
    public sealed record AskState : SeatEffect<TPeer, TWord>;

    public sealed record Join(TPeer To, Generation Generation, LiveState? State) : SeatEffect<TPeer, TWord>;

    public sealed record Refuse(TPeer To, Generation Generation, string Reason) : SeatEffect<TPeer, TWord>;

    /// <summary>Hand the order that has just been given to the trainer.</summary>
    public sealed record Train : SeatEffect<TPeer, TWord>;

    public sealed record Say(TPeer To, Generation Generation, long Number, TWord Word) : SeatEffect<TPeer, TWord>;

    public sealed record Answer(TPeer To, Generation Generation, long Said) : SeatEffect<TPeer, TWord>;

    /// <summary>To the trainer: write no more checkpoints that are for going on from alone; or do so again.</summary>
    public sealed record HoldCheckpoints(bool Held) : SeatEffect<TPeer, TWord>;
}

/// <summary>
/// One experiment's place on one device, through all its generations: which it is in, who leads it, and what its trainer said, kept until it was heard.
/// An older generation's order is refused, so that whoever was replaced changes nothing here. Single-threaded; what it returns is to be done.
/// <code>
///   (empty) --Join--> [ make or ask the trainer ] --joined--> waiting --Start--> training
///                                ^----------------- Join of a newer generation -----'
/// </code>
/// </summary>
/// <typeparam name="TPeer">The address of whoever leads a generation.</typeparam>
/// <typeparam name="TWord">What a trainer says.</typeparam>
/// <param name="nobody">The leader of a seat that has none.</param>
/// <param name="brokenDown">The word for a trainer that broke down.</param>
/// <param name="isSpare">Whether a word tells of a checkpoint that is for going on from alone: no evaluation rests on it.</param>
public sealed class Seat<TPeer, TWord>(TPeer nobody, Func<Generation, string, TWord> brokenDown, Predicate<TWord> isSpare)
{
    /// <summary>So many spare checkpoints are written while nobody leads.</summary>
    public const int MostSpare = 4;

    private readonly List<TWord> _said = [];
    private readonly TPeer _nobody = nobody;
    private TPeer _leader = nobody;
    private Generation _joining;
    private bool _hasTrainer;

    /// <summary>While nobody leads: the words from here on were heard by nobody.</summary>
    private int? _unheardFrom;
    private bool _holds;

    /// <summary>The one that trains here, or did last.</summary>
    public Generation Generation { get; private set; }

    public IReadOnlyList<SeatEffect<TPeer, TWord>> Join(Generation generation, TPeer leader)
    {
        if (generation <= Generation) return [new SeatEffect<TPeer, TWord>.Refuse(leader, generation, $"generation {Generation} has begun here")];
        (_leader, _joining, _unheardFrom) = (leader, generation, null);
        if (_hasTrainer) return [new SeatEffect<TPeer, TWord>.BreakOff(), new SeatEffect<TPeer, TWord>.AskState()];
        _hasTrainer = true;
        return [new SeatEffect<TPeer, TWord>.BreakOff(), new SeatEffect<TPeer, TWord>.OpenTrainer(), Joined(null)];
    }

    public IReadOnlyList<SeatEffect<TPeer, TWord>> StateHeld(LiveState? state) => _joining > Generation ? [Joined(state)] : [];

    public IReadOnlyList<SeatEffect<TPeer, TWord>> Start(Generation generation, TPeer leader)
    {
        if (generation != _joining || generation <= Generation) return [];
        (Generation, _leader, _unheardFrom, _holds) = (generation, leader, null, false);
        _said.Clear();
        return _hasTrainer ? [new SeatEffect<TPeer, TWord>.Train()] : TrainerStopped("it stopped");
    }

    /// <summary>Whoever leads the generation says so again and again, and is told what it has not heard.</summary>
    /// <param name="heard">The number of the last word that was heard.</param>
    public IReadOnlyList<SeatEffect<TPeer, TWord>> Attach(Generation generation, long heard, TPeer leader)
    {
        var effects = new List<SeatEffect<TPeer, TWord>>();
        if (generation == Generation)
        {
            (_leader, _unheardFrom) = (leader, null);
            if (_holds) effects.Add(new SeatEffect<TPeer, TWord>.HoldCheckpoints(_holds = false));
            for (long number = Math.Max(0, heard) + 1; number <= _said.Count; number++)
                effects.Add(new SeatEffect<TPeer, TWord>.Say(leader, Generation, number, _said[(int)number - 1]));
        }

        effects.Add(new SeatEffect<TPeer, TWord>.Answer(leader, Generation, _said.Count));
        return effects;
    }

    /// <param name="of">The generation that the word is about; null: any, and whoever hears it judges.</param>
    public IReadOnlyList<SeatEffect<TPeer, TWord>> Say(TWord word, Generation? of)
    {
        if (of < Generation) return [];
        _said.Add(word);
        return _unheardFrom is { } from ? Hold(from) : [new SeatEffect<TPeer, TWord>.Say(_leader, Generation, _said.Count, word)];
    }

    /// <summary>
    /// Whoever led is no more. Until somebody leads again nothing is committed, however long that takes, and training goes on: but for a few, only checkpoints
    /// that evaluations rest on are written then. None is ever deleted here: somebody out of reach may have adopted it.
    /// </summary>
    public IReadOnlyList<SeatEffect<TPeer, TWord>> LeaderGone(TPeer leader)
    {
        if (_unheardFrom is null && EqualityComparer<TPeer>.Default.Equals(leader, _leader)) (_leader, _unheardFrom) = (_nobody, _said.Count);
        return [];
    }

    /// <summary>The trainer is no more, and its state with it.</summary>
    public IReadOnlyList<SeatEffect<TPeer, TWord>> TrainerStopped(string reason)
    {
        _hasTrainer = false;
        return _joining > Generation
            ? [new SeatEffect<TPeer, TWord>.Refuse(_leader, _joining, reason)]
            : Say(brokenDown(Generation, reason), Generation);
    }

    private IReadOnlyList<SeatEffect<TPeer, TWord>> Hold(int from)
    {
        if (_holds || _said.Skip(from).Count(word => isSpare(word)) < MostSpare) return [];
        return [new SeatEffect<TPeer, TWord>.HoldCheckpoints(_holds = true)];
    }

    private SeatEffect<TPeer, TWord>.Join Joined(LiveState? state) => new(_leader, _joining, state);
}
