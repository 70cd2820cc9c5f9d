using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using ActorTrainer.Actors.Tracing;
using ActorTrainer.Core.Experiments;
using static ActorTrainer.Core.Experiments.ExperimentEvents;

namespace ActorTrainer.Actors.Experiments;

/// <summary>
/// An experiment's spans, from its events as they are journalled: one while a coordinator has it, and below it one a generation. The trace is a function of
/// the experiment's name and creation, so that a restart and another coordinator go on in the same one. A span that its coordinator's death has cut off is never told; what its trainers tell stays.
/// </summary>
internal sealed class ExperimentTrace
{
    private Activity? _experiment, _generation;

    /// <summary>As <c>traceparent</c>; null: nobody listens.</summary>
    public string? Experiment => _experiment?.Id;

    /// <summary>As <c>traceparent</c>; null: nobody listens, or none was begun here.</summary>
    public string? Generation => _generation?.Id;

    /// <summary>W3C's sixteen bytes: the first half of SHA-256 over the name and the time of creation.</summary>
    public static ActivityTraceId IdOf(ExperimentName name, DateTimeOffset createdAt) =>
        ActivityTraceId.CreateFromBytes(SHA256.HashData(Encoding.UTF8.GetBytes($"{name} {createdAt.UtcTicks}")).AsSpan(0, 16));

    /// <param name="state">With the event in it.</param>
    public void Happened(Experiment state, IExperimentEvent happened)
    {
        if (!ProductTracing.IsOn && _experiment is null) return;
        switch (happened)
        {
            case ExperimentCompleted: End(); break;
            case ExperimentPaused: End(); break;
            case ExperimentCancelled: End("It was cancelled."); break;
            case ExperimentFailed failed: End(failed.Reason); break;
            case GenerationStarted started: OnStarted(state, started); break;
            case TrainingFinished: EndGeneration(); break;
            case PhaseStopped or CheckpointLost: BeginExperiment(state)?.AddEvent(new(ExperimentEventJson.Manifest(happened), happened.At)); break;
            default: BeginExperiment(state); break;
        }
    }

    /// <param name="problem">Why it broke; null: it did not.</param>
    public void EndGeneration(string? problem = null)
    {
        _generation?.End(problem);
        _generation = null;
    }

    /// <param name="problem">Null: it went well, or is somebody else's now.</param>
    public void End(string? problem = null)
    {
        EndGeneration();
        _experiment?.End(problem);
        _experiment = null;
    }

    private void OnStarted(Experiment state, GenerationStarted started)
    {
        EndGeneration();
        if (BeginExperiment(state) is not { } experiment) return;
        _generation = ProductTracing.Begin(TraceNames.Generation, experiment.Context, started.At)?
            .SetTag("actortrainer.experiment", state.Definition.Name.Value).SetTag("actortrainer.generation", started.Generation.Value)
            .SetTag("actortrainer.step", started.From.Step.Value).SetTag("actortrainer.trainers", started.Trainers);
    }

    private Activity? BeginExperiment(Experiment state) => _experiment ??=
        ProductTracing.Begin(TraceNames.Experiment, new(IdOf(state.Definition.Name, state.CreatedAt), default, ActivityTraceFlags.Recorded), state.UpdatedAt)?
            .SetTag("actortrainer.experiment", state.Definition.Name.Value).SetTag("actortrainer.configuration", state.Definition.ConfigurationHash);
}
