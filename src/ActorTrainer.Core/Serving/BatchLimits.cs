namespace ActorTrainer.Core.Serving;

/// <summary>What a batch of requests may be, and how much may wait for its turn.</summary>
/// <param name="Size">Pictures of a batch, at least 1. A request with more makes a batch of its own.</param>
/// <param name="Delay">How long the oldest request waits for company while the device has nothing to do.</param>
/// <param name="Waiting">Pictures that may wait; what comes beyond is refused.</param>
public sealed record BatchLimits(int Size, TimeSpan Delay, int Waiting)
{
    public static BatchLimits Default { get; } = new(32, TimeSpan.FromMilliseconds(2), 256);
}
