using System.Diagnostics;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Models;

namespace ActorTrainer.Transport.Tests.Gradients;

/// <summary>Trainers that reach each other through networks that delay, fragment, swallow and damage.</summary>
[Collection(CollectiveTests.Name)]
public sealed class BadNetworkSpec
{
    private static readonly int[] Ends = [3, 5, 8];
    private static readonly Shards Vectors = new(8, 150_001, TensorType.Float32, 21);
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(2), Soon = TimeSpan.FromSeconds(12);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Pieces_and_delays_change_no_bit(int seed)
    {
        using var way = new Way(seed, TimeSpan.FromMilliseconds(4));
        for (int round = 0; round < 3; round++)
        {
            var shards = Vectors with { Seed = (ulong)(seed * 10 + round) };
            foreach (var sum in way.Trainers.Run(rank => Exchange(way.Trainers, rank, shards)))
            {
                Assert.Equal(shards.Total.Tail, sum.Tail);
                Assert.True(shards.Total.Values.Span.SequenceEqual(sum.Values.Span));
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(60_000)]
    [InlineData(400_000)]
    public void A_network_that_swallows_everything_from_some_byte_on_fails_the_exchange_at_its_deadline(int more)
    {
        using var way = new Way(4, TimeSpan.Zero);
        way.Trainers.Run(rank => Exchange(way.Trainers, rank, Vectors));
        foreach (var network in way.Networks) network.Swallows = network.Passed + more;
        var clock = Stopwatch.StartNew();
        var failures = way.Trainers.Failures(rank => Exchange(way.Trainers, rank, Vectors));
        Assert.All(failures, failure => Assert.IsType<ExchangeFailedException>(failure));
        Assert.InRange(clock.Elapsed, TimeSpan.FromMilliseconds(100), Soon);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(50_000)]
    [InlineData(350_000)]
    public void A_bit_that_is_turned_over_never_gets_into_a_sum(int more)
    {
        using var way = new Way(5, TimeSpan.Zero);
        way.Trainers.Run(rank => Exchange(way.Trainers, rank, Vectors));
        way.Networks[0].Flips = way.Networks[0].Passed + more;
        var sums = new GradientSum?[Ends.Length];
        var failures = way.Trainers.Failures(rank => sums[rank] = Exchange(way.Trainers, rank, Vectors));
        Assert.Contains(failures, failure => failure is ExchangeFailedException);
        Assert.All(sums.Where(sum => sum is not null), sum => Assert.True(Vectors.Total.Values.Span.SequenceEqual(sum!.Values.Span)));
    }

    private static GradientSum Exchange(Trainers trainers, int rank, Shards shards) => trainers.Exchanges[rank].Exchange(shards.SumsOf(trainers.Groups[rank].Members[rank].Own));

    /// <summary>Trainers that have met, each behind a network of its own.</summary>
    private sealed class Way : IDisposable
    {
        public Way(int seed, TimeSpan delay)
        {
            var networks = new List<BadNetwork>();
            Trainers = Trainers.Create(Ends, Medium.Tcp, through: endpoint =>
            {
                networks.Add(new(endpoint, seed * 100 + networks.Count) { Delay = delay });
                return networks[^1].Endpoint;
            });
            Networks = networks;
            Trainers.Meet(() => Deadline);
        }

        public Trainers Trainers { get; }
        public IReadOnlyList<BadNetwork> Networks { get; }

        public void Dispose()
        {
            Trainers.Dispose();
            foreach (var network in Networks) network.Dispose();
        }
    }
}
