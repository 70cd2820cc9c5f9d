using System.Collections.Immutable;

namespace ActorTrainer.Torch.Gradients;

/// <summary>Some of a flat vector's elements, as runs from left to right that do not touch.</summary>
internal sealed record FlatPart(ImmutableArray<(long Offset, long Count)> Runs);
