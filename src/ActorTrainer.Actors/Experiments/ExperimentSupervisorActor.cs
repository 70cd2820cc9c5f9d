using ActorTrainer.Core.Experiments;
using Akka.Actor;
using Akka.Event;
using static ActorTrainer.Actors.Experiments.ExperimentProtocol;
using static ActorTrainer.Core.Experiments.ExperimentEvents;

namespace ActorTrainer.Actors.Experiments;

/// <summary>
/// Keeps an experiment going while its journal comes and goes. A persistent actor that could not persist stops, with everything below it, since it no
/// longer knows what is in the journal. This one starts it again, later and later, until the journal answers or patience ends; what it then recovers
/// says how to go on. Messages to the experiment are sent here.
/// <code>
///   running --experiment stopped--> waiting --delay--> running      running --ended | taken over--> stopped
///                                      '--patience ends, or a pause is wanted--> stopped
/// </code>
/// </summary>
public sealed class ExperimentSupervisorActor : UntypedActor, IWithTimers
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(500), LongestDelay = TimeSpan.FromSeconds(10);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly ExperimentParts _parts;
    private readonly TimeSpan _patience;
    private IActorRef? _experiment;
    private TimeSpan _delay = FirstDelay;
    private long? _troubleSince;
    private string? _trouble;
    private int _attempts;
    private bool _pause, _cancel, _over;

    public ExperimentSupervisorActor(ExperimentParts parts, TimeSpan patience)
    {
        // Unique to this supervisor: by it a recovered experiment tells whether another one has taken it over in the meantime.
        _parts = parts with { Incarnation = $"{parts.Incarnation}/{Guid.NewGuid():N}" };
        _patience = patience;
    }

    /// <param name="patience">How long a journal that can't be written is waited for.</param>
    public static Props Props(ExperimentParts parts, TimeSpan patience) => Akka.Actor.Props.Create(() => new ExperimentSupervisorActor(parts, patience));

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        Context.System.EventStream.Subscribe(Self, typeof(ExperimentChanged));
        Context.System.EventStream.Subscribe(Self, typeof(ExperimentEnded));
        Start();
    }

    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(reason =>
    {
        _trouble = reason.Message;
        return Directive.Stop;
    });

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case ExperimentChanged changed: OnChanged(changed); break;
            case ExperimentEnded ended: _over |= IsOurs(ended.Experiment.Definition.Name); break;
            case ExperimentTakenOver taken: OnTakenOver(taken); break;
            case JournalFailed failed: _trouble = failed.Reason; break;
            case Terminated: OnStopped(); break;
            case StartAgain: Start(); break;
            case PauseExperiment pause: OnPause(pause); break;
            case CancelExperiment: OnCancel(); break;
            default: _experiment?.Forward(message); break;
        }
    }

    private bool IsOurs(ExperimentName name) => name == _parts.Definition.Name;

    private void Start()
    {
        _experiment = Context.Watch(Context.ActorOf(ExperimentActor.Props(_parts), $"attempt-{++_attempts}"));
        if (_cancel) _experiment.Tell(new CancelExperiment());
    }

    /// <summary>Taking over and starting a generation is what every attempt begins with; only what comes after is progress.</summary>
    private void OnChanged(ExperimentChanged changed)
    {
        if (!IsOurs(changed.Experiment.Definition.Name) || changed.Happened is ExperimentCreated or CoordinatorTook or GenerationStarted) return;
        (_delay, _troubleSince) = (FirstDelay, null);
    }

    private void OnTakenOver(ExperimentTakenOver taken)
    {
        _over = true;
        _log.Warning("{Name} was taken over by {Incarnation}", _parts.Definition.Name, taken.By);
        Context.System.EventStream.Publish(taken);
    }

    private void OnPause(PauseExperiment pause)
    {
        _pause = true;
        if (_experiment is null) Context.Stop(Self);
        else _experiment.Forward(pause);
    }

    /// <summary>It can be journalled when the journal is back, and not before.</summary>
    private void OnCancel()
    {
        _cancel = true;
        _experiment?.Tell(new CancelExperiment());
    }

    private void OnStopped()
    {
        _experiment = null;
        bool first = _troubleSince is null;
        long since = _troubleSince ??= _parts.Time.GetTimestamp();
        if (_over || _pause || _parts.Time.GetElapsedTime(since) >= _patience)
        {
            Context.Stop(Self);
            return;
        }

        string reason = _trouble ?? "it stopped";
        _log.Warning("{Name} stopped ({Reason}) and is started again in {Delay}", _parts.Definition.Name, reason, _delay);
        if (first) Context.System.EventStream.Publish(new ExperimentWaits(_parts.Definition.Name, reason, _patience));
        Timers.StartSingleTimer(StartAgain.Instance, StartAgain.Instance, _delay);
        _delay = _delay * 2 < LongestDelay ? _delay * 2 : LongestDelay;
    }

    private sealed record StartAgain : INoSerializationVerificationNeeded
    {
        public static StartAgain Instance { get; } = new();
    }
}
