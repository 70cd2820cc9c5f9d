using System.Collections.Immutable;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Models;
using CsCheck;

namespace ActorTrainer.Transport.Tests.Gradients;

/// <summary>A part of the vectors is added up while the rest is still being computed.</summary>
[Collection(CollectiveTests.Name)]
public sealed class EarlyExchangeSpec
{
    private const int Grain = 32, Elements = 150_000;

    private static readonly Gen<ImmutableArray<(int Offset, int Length)>> Ranges = Gen.Select(Gen.Int[0, 3000], Gen.Int[1, 9000]).Array[0, 4].Select(gaps =>
    {
        var ranges = ImmutableArray.CreateBuilder<(int, int)>();
        int at = 0;
        foreach (var (gap, length) in gaps)
        {
            at += gap * Grain;
            if (at + (length * Grain) > Elements * sizeof(ushort)) break;
            ranges.Add((at, length * Grain));
            at += length * Grain;
        }

        return ranges.ToImmutable();
    });

    [Theory]
    [InlineData(Medium.Tcp)]
    [InlineData(Medium.Memory)]
    [InlineData(Medium.Mixed)]
    public void Whatever_part_comes_first_the_bits_are_the_same(Medium medium)
    {
        foreach (var element in (TensorType[])[TensorType.Float32, TensorType.BFloat16])
        {
            var shards = new Shards(8, Elements, element, 11, Statistics: element == TensorType.BFloat16 ? 3008 : 0);
            byte[] expected = shards.Total.Values.ToArray();
            using var trainers = Trainers.Met([3, 5, 8], medium, element);
            Ranges.Sample(ranges => AssertSame(trainers, shards, new(ranges), expected), iter: 15, threads: 1);
        }
    }

    [Fact]
    public void While_a_part_is_on_its_way_the_rest_can_be_written()
    {
        var shards = new Shards(2, Elements, TensorType.Float32, 13);
        byte[] expected = shards.Total.Values.ToArray();
        var part = new VectorPart([(400_000, 200_000)]);
        using var trainers = Trainers.Met([1, 2], Medium.Tcp);
        for (int step = 0; step < 5; step++)
        {
            var sums = trainers.Run(rank =>
            {
                var whole = shards.SumsOf(trainers.Groups[rank].Members[rank].Own);
                // What is not computed yet holds anything.
                GradientSum[] own = [.. whole.Select(sum => sum with { Values = sum.Values.ToArray() })];
                foreach (var sum in own) sum.Values.Span[..400_000].Fill(0xFF);
                trainers.Exchanges[rank].Begin(new([.. own.Select(sum => sum with { Tail = default })], part));
                for (int i = 0; i < own.Length; i++) whole[i].Values.Span[..400_000].CopyTo(own[i].Values.Span);
                return trainers.Exchanges[rank].Exchange(own);
            });
            Assert.All(sums, sum => Assert.Equal(shards.Total.Tail, sum.Tail));
            Assert.All(sums, sum => Assert.True(sum.Values.Span.SequenceEqual(expected)));
        }
    }

    [Theory]
    [InlineData(Medium.Tcp)]
    [InlineData(Medium.Memory)]
    public void A_peer_that_goes_in_between_fails_the_exchange(Medium medium)
    {
        var shards = new Shards(2, Elements, TensorType.Float32, 17);
        using var trainers = Trainers.Met([1, 2], medium);
        var own = shards.SumsOf(trainers.Groups[0].Members[0].Own);
        trainers.Exchanges[0].Begin(new(own, new([(0, 320_000)])));
        trainers.Exchanges[1].Dispose();
        Assert.Equal(1, Assert.Throws<ExchangeFailedException>(() => trainers.Exchanges[0].Exchange(own)).Rank);
    }

    [Fact]
    public void Closed_here_it_ends_what_was_begun()
    {
        var shards = new Shards(2, Elements, TensorType.Float32, 19);
        using var trainers = Trainers.Met([1, 2]);
        var own = shards.SumsOf(trainers.Groups[0].Members[0].Own);
        trainers.Exchanges[0].Begin(new(own, new([(0, 320_000)])));
        trainers.Exchanges[0].Dispose();
        Assert.Throws<ExchangeFailedException>(() => trainers.Exchanges[0].Exchange(own));
        Assert.Throws<ExchangeFailedException>(() => trainers.Exchanges[0].Begin(new(own, new([(0, 320_000)]))));
    }

    [Fact]
    public void Another_part_on_another_trainer_is_noticed()
    {
        var shards = new Shards(2, Elements, TensorType.Float32, 23);
        using var trainers = Trainers.Met([1, 2]);
        var failures = trainers.Failures(rank =>
        {
            var own = shards.SumsOf(trainers.Groups[rank].Members[rank].Own);
            trainers.Exchanges[rank].Begin(new(own, new([(0, 3200 * (rank + 1))])));
            trainers.Exchanges[rank].Exchange(own);
        });
        Assert.All(failures, failure => Assert.IsType<ExchangeFailedException>(failure));
    }

    [Theory]
    [InlineData(Medium.Tcp, true)]
    [InlineData(Medium.Memory, false)]
    [InlineData(Medium.Mixed, false)]
    public void It_pays_where_bytes_go_through_a_network(Medium medium, bool isFar)
    {
        using var trainers = Trainers.Create([1, 3, 4], medium);
        Assert.All(trainers.Groups, group => Assert.Equal(isFar, group.IsFar));
    }

    private static void AssertSame(Trainers trainers, Shards shards, VectorPart part, byte[] expected)
    {
        var sums = trainers.Run(rank =>
        {
            var own = shards.SumsOf(trainers.Groups[rank].Members[rank].Own);
            trainers.Exchanges[rank].Begin(new([.. own.Select(sum => sum with { Tail = default })], part));
            return trainers.Exchanges[rank].Exchange(own);
        });
        Assert.All(sums, sum => Assert.Equal(shards.Total.Tail, sum.Tail));
        Assert.All(sums, sum => Assert.True(sum.Values.Span.SequenceEqual(expected), $"other bits with {string.Join(", ", part.Ranges)} early"));
    }
}
