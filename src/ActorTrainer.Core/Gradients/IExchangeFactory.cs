using System.Collections.Immutable;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Core.Gradients;

/// <summary>Makes the exchange of a generation. Implemented over the transport; local to its node.</summary>
public interface IExchangeFactory
{
    /// <summary>Where peers reach this process, in the transport's own words; null: it trains alone.</summary>
    string? Endpoint { get; }

    /// <summary>
    /// Blocks until every trainer of <paramref name="team"/> is there and has shown that it means the same. Throws <see cref="ExchangeFailedException"/>;
    /// cancelling fails it, and every exchange under way in it.
    /// </summary>
    IGradientExchange Connect(Team team, TrainingJob job, CancellationToken cancel);
}

/// <summary>One generation's trainers, as each of them is told. What must be the same on all before a step is in here.</summary>
/// <param name="Start">The step whose state training goes on from.</param>
/// <param name="StateHash">Of that state; empty for initial weights, which the file determines.</param>
/// <param name="Members">By rank; their shards follow each other.</param>
/// <param name="Rank">The receiver's.</param>
/// <param name="Key">Base64; drawn for this generation and told to nobody else. Empty where one trains alone.</param>
public sealed record Team(
    ExperimentName Experiment, Generation Generation, StepNumber Start, string StateHash, string ConfigurationHash, string Fingerprint, int LogicalShards,
    ImmutableArray<TeamMember> Members, int Rank, string Key)
{
    public ShardRange Own => Members[Rank].Own;
}

/// <param name="Endpoint">See <see cref="IExchangeFactory.Endpoint"/>.</param>
public sealed record TeamMember(ShardRange Own, string? Endpoint);

/// <summary>For a process that trains alone.</summary>
public sealed class LocalExchanges : IExchangeFactory
{
    public string? Endpoint => null;

    public IGradientExchange Connect(Team team, TrainingJob job, CancellationToken cancel) => team.Members.Length == 1
        ? new LocalExchange()
        : throw new ExchangeFailedException(team.Rank, "this process can't reach others");
}
