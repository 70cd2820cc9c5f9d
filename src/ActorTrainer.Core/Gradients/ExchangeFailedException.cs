namespace ActorTrainer.Core.Gradients;

/// <summary>
/// A peer is gone, silent, not the one it should be, or sent what can't be right. The exchange is over for good; the state of the step before stands.
/// The message is for a person.
/// </summary>
/// <param name="rank">Whose connection failed; the own rank where the exchange was given up for no peer's fault.</param>
public sealed class ExchangeFailedException(int rank, string reason, Exception? inner = null) : Exception($"Trainer {rank}: {reason}", inner)
{
    public int Rank { get; } = rank;
    public string Reason { get; } = reason;
}
