using System.Diagnostics;
using ActorTrainer.Actors.Tracing;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Actors.Training;

/// <summary>
/// A sample of a trainer's steps as spans: the first of a generation, then at most one in <see cref="Every"/>. They are told after the step, from the
/// times that it has measured anyway.
/// </summary>
internal sealed class TrainingTrace(TimeProvider time)
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    private Team? _team;
    private long? _last;

    /// <summary>The generation, as its coordinator told; where it does not trace, a trace of this trainer's own.</summary>
    public ActivityContext Generation { get; private set; }

    /// <param name="parent">A <c>traceparent</c>; null: the coordinator does not trace.</param>
    public void Begin(Team team, string? parent)
    {
        (_team, _last) = (team, null);
        Generation = TraceParent.Read(parent) is { TraceId: var id } context && id != default ? context : new(ActivityTraceId.CreateRandom(), default, ActivityTraceFlags.Recorded);
    }

    public void Step(StepRecord step)
    {
        if (!ProductTracing.IsOn || _team is not { } team || _last is { } last && time.GetElapsedTime(last) < Every) return;
        _last = time.GetTimestamp();
        var (ended, times) = (time.GetUtcNow(), step.Ms);
        ProductTracing.Begin(TraceNames.Step, Generation, ended - TimeSpan.FromMilliseconds(times.Total))?
            .SetTag("actortrainer.experiment", team.Experiment.Value).SetTag("actortrainer.generation", team.Generation.Value).SetTag("actortrainer.rank", team.Rank)
            .SetTag("actortrainer.step", step.Step.Value).SetTag("actortrainer.epoch", step.Epoch).SetTag("actortrainer.phase", step.Phase)
            .SetTag("actortrainer.loss", step.Loss)
            .SetTag("actortrainer.decode_ms", times.Decode).SetTag("actortrainer.wait_ms", times.Wait).SetTag("actortrainer.forward_ms", times.Forward)
            .SetTag("actortrainer.backward_ms", times.Backward).SetTag("actortrainer.exchange_ms", times.Exchange).SetTag("actortrainer.update_ms", times.Update)
            .SetTag("actortrainer.save_ms", times.Save)
            .End(at: ended);
    }
}
