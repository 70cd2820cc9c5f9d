using System.Collections.Immutable;

namespace ActorTrainer.Core.Data;

/// <summary>Samples to evaluate, in manifest order, and where they are loaded.</summary>
public sealed record EvaluationSet(IBatchSource Source, ImmutableArray<int> Samples);

/// <summary>
/// An experiment's data, opened once for all phases. It owns the sources: whoever composes the run disposes it after the last user stopped.
/// Sources are opened when first asked for; phases with equal data share one. Safe to call from several threads.
/// </summary>
public interface IExperimentData : IDisposable
{
    IBatchSource Training(int phase);

    /// <summary>The path of a training sample, for a person.</summary>
    string PathOf(int phase, int sample);

    /// <summary>Null where the phase has no validation.</summary>
    EvaluationSet? Validation(int phase);

    /// <summary>Null where the last phase names no test set.</summary>
    EvaluationSet? Test { get; }
}
