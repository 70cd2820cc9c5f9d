using ActorTrainer.Core.Gradients;
using ActorTrainer.Transport.Gradients.Wire;

namespace ActorTrainer.Transport.Gradients;

/// <summary>Vectors of one length that are added up in two rounds: a part that is ready early, and the rest.</summary>
internal sealed class SplitRound(CollectiveGroup group, int vectorBytes, int gradientBytes, VectorPart part, IReadOnlyList<FrameLink> links, LinkWaiter waiter)
{
    public ExchangeRound Early { get; } = new(new(group, vectorBytes, gradientBytes, part), links, waiter);

    public ExchangeRound Rest { get; } = new(new(group, vectorBytes, gradientBytes, part.Rest(vectorBytes)), links, waiter);

    public bool IsFor(int bytes, int gradients, VectorPart early) => (bytes, gradients) == (vectorBytes, gradientBytes) && ReferenceEquals(early, part);
}
