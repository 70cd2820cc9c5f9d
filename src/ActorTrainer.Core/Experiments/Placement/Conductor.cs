using System.Collections.Immutable;
using ActorTrainer.Core.Checkpoints;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Training;
using static ActorTrainer.Core.Experiments.ExperimentEvents;

namespace ActorTrainer.Core.Experiments.Placement;

/// <summary>What a <see cref="Conductor"/> is given besides inputs.</summary>
/// <param name="Min">Nodes it needs to train at.</param>
/// <param name="Max">Nodes it can use.</param>
/// <param name="Incarnation">Who coordinates, unique to this coordinator's process and to this experiment's part of it.</param>
/// <param name="Plan">Its counts.</param>
/// <param name="DueAt">What was due when training came to stand at a cursor, where no phase ended early.</param>
/// <param name="Now">What events are stamped with; nothing is computed from it.</param>
/// <param name="Inherited">A checkpoint in the store that a new experiment begins with.</param>
public sealed record ConductorParts(
    ExperimentDefinition Definition, int Min, int Max, string Incarnation, TrainingPlan Plan, Func<Experiment, TrainingCursor, StepDue> DueAt, Func<DateTimeOffset> Now,
    (StoredCheckpoint Stored, TrainingCursor Cursor)? Inherited = null);

/// <summary>
/// An experiment's way through its generations: which there is, where it begins, which checkpoint counts, when seats are asked for, what follows when
/// one breaks. Whatever it decides is journalled first. Single-threaded; every input is answered with what is to be done.
/// <code>
///   take over --> survey --> seats --> gather --> begin --> (trainers train) --> trained --> finish
///       |           ^----------------- broken, regrouped ---------'
///       '--> attach to the generation that goes on without a coordinator
/// </code>
/// </summary>
public sealed class Conductor(ConductorParts parts)
{
    private Experiment? _state;
    private ImmutableArray<string> _seats = [];
    private (Generation Generation, ImmutableArray<SeatPlace> Seats, ImmutableArray<LiveState?> States)? _gathered;
    private StepNumber? _trained, _stoppedAt;
    private int _breakdowns, _survey;
    private bool _leads, _pause, _cancel, _surveyed, _waitsForSeats, _took;
    private string? _coordinator;

    public Experiment State => _state ?? throw new InvalidOperationException("The experiment has not been created.");

    /// <summary>Its last event is decided.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Folds what is in the journal, recovered or just written.</summary>
    public void Apply(IExperimentEvent happened)
    {
        _state = Experiment.Apply(_state, happened);
        if (happened is CoordinatorTook took) (_coordinator, _took) = (took.Incarnation, _took || took.Incarnation == parts.Incarnation);
    }

    /// <summary>After recovery.</summary>
    public IReadOnlyList<ConductorEffect> TakeOver()
    {
        // Started again after the journal refused it, because another coordinator had written in the meantime.
        if (_took && _coordinator != parts.Incarnation) return [new ConductorEffect.GiveWay(_coordinator!)];
        // Whoever gave it up may have died before it could tell.
        if (_state?.Status == ExperimentStatus.Cancelled) return End();
        var events = ImmutableArray.CreateBuilder<IExperimentEvent>();
        if (_state is null)
        {
            events.Add(new ExperimentCreated(parts.Definition, Now));
            if (parts.Inherited is var (stored, cursor)) events.Add(new CheckpointCommitted(stored.Id, cursor, stored.Sha256, stored.Bytes, default, Adopted: false, Now));
        }

        events.Add(new CoordinatorTook(parts.Incarnation, Now));
        if (_state is { } state && SettingChanges.Between(state.Definition.Settings, parts.Definition.Settings) is { IsEmpty: false } changes)
            events.Add(new OperationalSettingsChanged(parts.Definition, changes, Now));
        return Journal(events.ToImmutable(), () =>
            // A generation that trains goes on without a coordinator: it is looked for before anything is done to its files.
            State is { Status: ExperimentStatus.Running, Seats: { IsEmpty: false } seats } ? [new ConductorEffect.FindNodes([.. seats.Select(seat => seat.Node)])] : Survey());
    }

    /// <summary>Which of the nodes that were asked for are there.</summary>
    public IReadOnlyList<ConductorEffect> Found(ImmutableArray<string> nodes)
    {
        _seats = nodes;
        return State.Seats.IsEmpty || State.Seats.Any(seat => !nodes.Contains(seat.Node)) ? Survey() : Lead(State.Generation, State.Seats, attach: true);
    }

    /// <summary>The generation that trained without a coordinator is led again.</summary>
    public IReadOnlyList<ConductorEffect> Reattached() =>
    [
        new ConductorEffect.Report($"Generation {State.Generation} was found training", IsBad: false), new ConductorEffect.RewriteEvaluations(), new ConductorEffect.Evaluate(),
        .. WantsToStop ? Request(StepRequest.CheckpointAndStop) : [],
    ];

    /// <summary>What was found. A survey that has been overtaken counts for nothing: the store has moved on since.</summary>
    public IReadOnlyList<ConductorEffect> Surveyed(int number, CheckpointSurvey survey) => number != _survey || IsOver ? [] : Journal(
        [
            // While the store was looked at, a writer may have been heard: one of its checkpoints is committed, and an older one retired.
            .. survey.Lost.Where(lost => State.Checkpoints.Any(committed => committed.Id == lost.Id)).Select(lost => new CheckpointLost(lost.Id, lost.Problem, Now)),
            .. survey.Adoptable.Where(found => IsNews(found.Stored.Id)).Select(found => new CheckpointCommitted(
                found.Stored.Id, found.Cursor, found.Stored.Sha256, found.Stored.Bytes, parts.DueAt(State, found.Cursor), Adopted: true, Now)),
        ],
        () =>
        {
            _surveyed = true;
            return
            [
                .. survey.Damaged.Select(found => new ConductorEffect.Report($"Checkpoint {found.Id} was never committed and is damaged ({found.Problem}): removed", IsBad: true)),
                .. survey.Garbage.Select(id => new ConductorEffect.Delete(id)), new ConductorEffect.RewriteEvaluations(), .. AfterSurvey(),
            ];
        });

    /// <summary>These nodes are the experiment's now.</summary>
    public IReadOnlyList<ConductorEffect> Granted(ImmutableArray<string> nodes)
    {
        if (IsOver || _leads || !_waitsForSeats) return [];
        _waitsForSeats = false;
        var left = _seats.RemoveAll(nodes.Contains);
        _seats = nodes;
        return [.. left.Select(node => new ConductorEffect.CloseSeat(node)), .. Gather()];
    }

    /// <summary>More nodes, or one that wants to leave: after the next step all save, and begin anew with whoever is there.</summary>
    public IReadOnlyList<ConductorEffect> CrewChanged() => IsOver || State.IsTrained ? [] : Request(StepRequest.CheckpointAndRegroup);

    /// <summary>Of the generation that is led: its seats are ready. From their memory where they hold one state; else from the newest checkpoint that verifies.</summary>
    public IReadOnlyList<ConductorEffect> Gathered(Generation generation, ImmutableArray<SeatPlace> seats, ImmutableArray<LiveState?> states)
    {
        if (IsOver) return [];
        _gathered = (generation, seats, states);
        var start = Regrouping.Decide(states, State.Newest, parts.Plan);
        IReadOnlyList<ConductorEffect> next = start.IsLive || _surveyed ? Begin(start) : Survey();
        return start.Disagreement is { } disagreement ? [new ConductorEffect.Report($"Generation {generation}: {disagreement}", IsBad: true), .. next] : next;
    }

    /// <summary>A checkpoint is durable.</summary>
    public IReadOnlyList<ConductorEffect> Written(StoredCheckpoint stored, TrainingCursor cursor, StepDue due)
    {
        if (IsOver || !IsNews(stored.Id)) return [];
        return Journal([new CheckpointCommitted(stored.Id, cursor, stored.Sha256, stored.Bytes, due, Adopted: false, Now)], () =>
        {
            _breakdowns = 0;
            return [new ConductorEffect.Committed(), .. _trained is { } step ? Trained(step) : [], .. GoOnWhenSaved()];
        });
    }

    /// <summary>What may go, of what is committed and not in use.</summary>
    public IReadOnlyList<ConductorEffect> Retire(CheckpointSettings settings, IEnumerable<CheckpointId> leased) =>
    [
        .. RetentionPolicy.Retirable(State.Checkpoints.Select(c => c.Id), settings, State.Best?.Id, State.StartedFrom, leased)
            .SelectMany(id => Journal([new CheckpointRetired(id, Now)], () => [new ConductorEffect.Retired(id)])),
    ];

    /// <summary>All trainers are through.</summary>
    public IReadOnlyList<ConductorEffect> Trained(StepNumber step)
    {
        _trained = step;
        if (State.Newest?.Id.Step != step || State.FinishedAt == step) return [];      // its commit is still to come
        return Journal([new TrainingFinished(step, Now)], () => [new ConductorEffect.Trained(), .. StopTraining(), new ConductorEffect.Sweep(State.Generation.Next), new ConductorEffect.Finish()]);
    }

    /// <summary>All trainers of a generation have saved and wait.</summary>
    public IReadOnlyList<ConductorEffect> Stopped(Generation generation, StepNumber step)
    {
        if (IsOver || generation < State.Generation) return [];
        _stoppedAt = step;
        return GoOnWhenSaved();
    }

    /// <summary>The generation that is led is over: whoever is left goes on at once, from the state in memory if all hold one.</summary>
    public IReadOnlyList<ConductorEffect> Broken(Generation generation, ImmutableDictionary<string, string> lost, string reason, bool refused)
    {
        (_leads, _gathered) = (false, null);
        if (IsOver) return [];
        _seats = _seats.RemoveAll(lost.ContainsKey);
        return
        [
            .. lost.Select(seat => new ConductorEffect.Doubt(seat.Key, seat.Value)), new ConductorEffect.Report($"Generation {generation} broke: {reason}", IsBad: true),
            .. AfterBroken(generation, lost.IsEmpty, reason, refused),
        ];
    }

    /// <summary>Save and stop.</summary>
    public IReadOnlyList<ConductorEffect> Pause()
    {
        _pause = true;
        if (_leads) return Request(StepRequest.CheckpointAndStop);
        return _waitsForSeats || _state?.IsTrained == true ? StopNow() : [];
    }

    /// <summary>Stop for good.</summary>
    public IReadOnlyList<ConductorEffect> Cancel()
    {
        _cancel = true;
        if (_leads) return Request(StepRequest.CheckpointAndStop);
        return _waitsForSeats || _state?.IsTrained == true ? StopNow() : [];
    }

    /// <summary>Whether <see cref="StopNow"/> is wanted.</summary>
    public bool WantsToStop => _pause || _cancel;

    /// <summary>Everything is saved: stop here.</summary>
    public IReadOnlyList<ConductorEffect> StopNow() =>
        Leave(_cancel ? new ExperimentCancelled(Now) : new ExperimentPaused(State.Newest?.Id.Step ?? StepNumber.Zero, Now));

    public IReadOnlyList<ConductorEffect> Fail(string reason) => Leave(new ExperimentFailed(reason, Now));

    /// <summary>Its last event is journalled.</summary>
    public IReadOnlyList<ConductorEffect> End()
    {
        IsOver = true;
        return [new ConductorEffect.End()];
    }

    private DateTimeOffset Now => parts.Now();

    /// <summary>One of an older generation counts for nothing; one that is not newer was heard before, by this coordinator or the one before.</summary>
    private bool IsNews(CheckpointId checkpoint) => checkpoint.Generation == State.Generation && (State.Newest is not { } newest || checkpoint.CompareTo(newest.Id) > 0);

    private IReadOnlyList<ConductorEffect> Survey()
    {
        _surveyed = false;
        return [new ConductorEffect.Survey(++_survey)];
    }

    private IReadOnlyList<ConductorEffect> AfterSurvey()
    {
        // Nothing is written any more in the generation that trained the last step; in others what was begun is swept when the next is journalled.
        if (State.IsTrained) return [new ConductorEffect.Sweep(State.Generation.Next), .. State.Status == ExperimentStatus.Completed ? End() : WantsToStop ? StopNow() : [new ConductorEffect.Finish()]];
        // The last step's checkpoint may be committed, or adopted now, and its trainers' word that they are through be lost with who was to hear it.
        if (State.Newest is { } newest && parts.Plan.IsFinished(newest.Cursor))
            return Journal([new TrainingFinished(newest.Id.Step, Now)], () => [new ConductorEffect.Trained(), .. StopTraining(), .. AfterSurvey()]);
        if (WantsToStop) return StopNow();
        if (_gathered is { } gathered) return Begin(Regrouping.Decide(gathered.States, State.Newest, parts.Plan));
        _waitsForSeats = true;
        return [new ConductorEffect.RequestSeats(parts.Min, Math.Min(parts.Max, parts.Definition.LogicalShards))];
    }

    private IReadOnlyList<ConductorEffect> Gather()
    {
        (_gathered, _trained, _stoppedAt) = (null, null, null);
        var ranges = new ShardLayout(parts.Definition.LogicalShards).Cut(_seats.Length);
        return Lead(State.Generation.Next, [.. _seats.Zip(ranges, (node, own) => new SeatPlace(node, own))], attach: false);
    }

    private IReadOnlyList<ConductorEffect> Lead(Generation generation, ImmutableArray<SeatPlace> seats, bool attach)
    {
        _leads = true;
        return [new ConductorEffect.Lead(generation, seats, attach)];
    }

    private IReadOnlyList<ConductorEffect> Begin(GenerationStart start)
    {
        _surveyed = false;
        if (start.IsLive) _breakdowns = 0;
        var (generation, seats, _) = _gathered!.Value;
        return Journal([new GenerationStarted(generation, start.From, start.Source, seats.Length, Now, seats, start.StateHash)], () =>
            [new ConductorEffect.Begin(start), new ConductorEffect.Sweep(generation), new ConductorEffect.Evaluate(), .. WantsToStop ? Request(StepRequest.CheckpointAndStop) : []]);
    }

    private IReadOnlyList<ConductorEffect> Request(StepRequest request) => _leads ? [new ConductorEffect.RequestAfterStep(request)] : [];

    private IReadOnlyList<ConductorEffect> GoOnWhenSaved()
    {
        if (_stoppedAt is not { } step || State.Newest?.Id.Step != step) return [];       // its commit is still to come
        _stoppedAt = null;
        if (WantsToStop) return StopNow();
        _leads = false;
        _waitsForSeats = true;
        return [new ConductorEffect.EndGeneration(), new ConductorEffect.RequestSeats(parts.Min, Math.Min(parts.Max, parts.Definition.LogicalShards))];
    }

    private IReadOnlyList<ConductorEffect> AfterBroken(Generation generation, bool nobodyLost, string reason, bool refused)
    {
        // A node that died is no sign that the next try must fail too.
        if (nobodyLost && FailurePolicy.Decide(++_breakdowns) == FailureDecision.GiveUp)
            return Fail($"The trainer broke down {_breakdowns} times without a new checkpoint, last by: {reason}");
        if (refused && _seats.IsEmpty) return Fail(reason);
        if (_cancel || _pause && !State.IsTrained && generation > State.Generation) return StopNow();
        if (_seats.Length < Math.Max(1, parts.Min)) return Survey();
        // A survey that is under way is of before.
        _survey++;
        _surveyed = false;
        return Gather();
    }

    private IReadOnlyList<ConductorEffect> StopTraining()
    {
        _leads = false;
        var seats = _seats;
        _seats = [];
        return [new ConductorEffect.EndGeneration(), .. seats.Select(node => new ConductorEffect.CloseSeat(node)), new ConductorEffect.ReleaseSeats()];
    }

    private IReadOnlyList<ConductorEffect> Leave(IExperimentEvent last)
    {
        if (IsOver) return [];
        IsOver = true;
        return [.. StopTraining(), .. Journal([last], End)];
    }

    private static IReadOnlyList<ConductorEffect> Journal(ImmutableArray<IExperimentEvent> events, Func<IReadOnlyList<ConductorEffect>> then) =>
        events.IsEmpty ? then() : [new ConductorEffect.Journal(events, then)];
}
