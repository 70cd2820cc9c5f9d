using System.Collections.Immutable;
using ActorTrainer.Core.Models;

namespace ActorTrainer.Core.Serving;

/// <summary>One loaded version of a model. Opened, used and disposed on one thread.</summary>
public interface IPredictor : IDisposable
{
    ModelDescription Model { get; }

    /// <summary>Logits, N x K row-major.</summary>
    /// <param name="pictures">H x W x C pixels each, as the model's own transforms leave them: before its normalisation.</param>
    float[] Logits(ImmutableArray<ReadOnlyMemory<byte>> pictures);
}
