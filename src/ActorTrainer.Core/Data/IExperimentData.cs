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
    /// <summary>The phase's training pictures; of a phase on features too, which are computed from them.</summary>
    IBatchSource Training(int phase);

    /// <summary>The features of the phase's training pictures. The caller disposes it. Throws <see cref="DataException"/>.</summary>
    /// <param name="backbone"><see cref="Training.ITrainSession.Backbone"/>.</param>
    /// <param name="featureBytes">Of one sample.</param>
    IFeatureSource Features(int phase, string backbone, int featureBytes);

    /// <summary>The path of a training sample, for a person.</summary>
    string PathOf(int phase, int sample);

    /// <summary>Null where the phase has no validation.</summary>
    EvaluationSet? Validation(int phase);

    /// <summary>Null where the last phase names no test set.</summary>
    EvaluationSet? Test { get; }
}
