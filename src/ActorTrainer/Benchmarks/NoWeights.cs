using System.Collections.Immutable;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Benchmarks;

/// <summary>Training from scratch asks for no other run's weights.</summary>
internal sealed class NoWeights : IWeightSource
{
    public static NoWeights Instance { get; } = new();

    public (ModelDescription Description, ImmutableArray<NamedTensor> Weights) OfRun(string name, string? selector) =>
        throw new NotSupportedException("There are no other runs here.");
}
