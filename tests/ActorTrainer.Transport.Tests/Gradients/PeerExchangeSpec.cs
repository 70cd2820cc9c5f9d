using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Models;
using CsCheck;

namespace ActorTrainer.Transport.Tests.Gradients;

[Collection(CollectiveTests.Name)]
public sealed class PeerExchangeSpec
{
    public static TheoryData<int[]> Cuts => new(
        [8], [4, 8], [1, 8], [7, 8], [3, 8], [2, 4, 8], [3, 6, 8], [1, 2, 8], [5, 6, 8], [2, 4, 6, 8], [1, 4, 7, 8], [1, 2, 3, 5, 8], [2, 3, 5, 6, 7, 8],
        [1, 2, 3, 4, 5, 6, 8], [1, 2, 3, 4, 5, 6, 7, 8]);

    private static readonly Gen<TensorType> Elements = Gen.Int[0, 2].Select(i => ((TensorType[])[TensorType.Float32, TensorType.Float64, TensorType.BFloat16])[i]);

    [Theory]
    [MemberData(nameof(Cuts))]
    public void Every_cut_of_the_shards_gives_the_bits_of_one_trainer(int[] ends)
    {
        foreach (var medium in Enum.GetValues<Medium>())
        {
            foreach (var element in (TensorType[])[TensorType.Float32, TensorType.Float64, TensorType.BFloat16]) AssertSameBits(ends, new(8, 20_011, element, 5), medium);
        }
    }

    [Theory]
    [MemberData(nameof(Cuts))]
    public void So_it_does_where_statistics_follow_in_another_type(int[] ends)
    {
        foreach (var medium in Enum.GetValues<Medium>())
        {
            foreach (var (gradients, statistics) in ((int, int)[])[(20_010, 701), (2, 5000), (0, 40)]) AssertSameBits(ends, new(8, gradients, TensorType.BFloat16, 5, statistics), medium);
        }
    }

    [Fact]
    public void A_length_that_is_none_of_the_type_fails_the_exchange()
    {
        foreach (var shards in (Shards[])[new(2, 7, TensorType.BFloat16, 1, Statistics: 2), new(2, 3, TensorType.BFloat16, 1)])
        {
            using var trainers = Trainers.Met([1, 2], element: shards.Statistics > 0 ? TensorType.BFloat16 : TensorType.Float32);
            var failures = trainers.Failures(rank => trainers.Exchanges[rank].Exchange(shards.SumsOf(trainers.Groups[rank].Members[rank].Own)));
            Assert.Contains(failures, failure => failure is ArgumentException);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(17)]
    [InlineData(33)]
    public void A_vector_too_short_for_all_is_summed_too(int elements)
    {
        foreach (var medium in Enum.GetValues<Medium>()) AssertSameBits([1, 3, 8], new(8, elements, TensorType.Float32, 9), medium);
    }

    [Theory]
    [InlineData(Medium.Tcp)]
    [InlineData(Medium.Unix)]
    [InlineData(Medium.Memory)]
    [InlineData(Medium.Process)]
    [InlineData(Medium.Mixed)]
    public void A_vector_of_many_pieces_gives_the_same_bits(Medium medium) => AssertSameBits([3, 5, 8], new(8, 700_007, TensorType.Float32, 3), medium);

    [Theory]
    [InlineData(Medium.Tcp)]
    [InlineData(Medium.Memory)]
    [InlineData(Medium.Mixed)]
    public void So_does_one_whose_statistics_begin_within_a_piece(Medium medium) => AssertSameBits([3, 5, 8], new(8, 700_006, TensorType.BFloat16, 3, Statistics: 200_003), medium);

    [Fact]
    public void Any_cut_any_length_any_transport() =>
        (from shards in Gen.Int[0, 4].Select(power => 1 << power)
         from ends in Gen.Int[1, Math.Max(shards - 1, 1)].HashSet[0, Math.Min(shards - 1, 6)].Select(inner => (int[])[.. inner.Where(end => end < shards).Order(), shards])
         from elements in Gen.Int[0, 3000]
         from element in Elements
         from statistics in Gen.Int[0, 300]
         from medium in Gen.Enum<Medium>()
         from seed in Gen.Int[0, 1000]
         select (ends, element == TensorType.BFloat16 ? new Shards(shards, 2 * elements, element, (ulong)seed, statistics) : new Shards(shards, elements, element, (ulong)seed), medium))
        .Sample(sample => AssertSameBits(sample.ends, sample.Item2, sample.medium), iter: 40, threads: 1, print: sample => $"[{string.Join(", ", sample.ends)}] {sample.Item2} {sample.medium}");

    [Theory]
    [InlineData(Medium.Tcp)]
    [InlineData(Medium.Unix)]
    [InlineData(Medium.Memory)]
    [InlineData(Medium.Process)]
    [InlineData(Medium.Mixed)]
    public void Who_is_done_may_go_before_the_others_have_noticed(Medium medium)
    {
        var shards = new Shards(4, 70_000, TensorType.Float32, 1);
        for (int round = 0; round < 10; round++)
        {
            using var trainers = Trainers.Met([1, 2, 4], medium);
            var tails = trainers.Run(rank =>
            {
                using var exchange = trainers.Exchanges[rank];
                return exchange.Exchange(shards.SumsOf(trainers.Groups[rank].Members[rank].Own)).Tail;
            });
            Assert.All(tails, tail => Assert.Equal(shards.Total.Tail, tail));
        }
    }

    /// <summary>Between steps, whose vectors it leaves alone.</summary>
    [Theory]
    [InlineData(Medium.Tcp)]
    [InlineData(Medium.Unix)]
    [InlineData(Medium.Memory)]
    public void What_trainers_say_between_steps_is_added_up(Medium medium)
    {
        var shards = new Shards(4, 70_000, TensorType.Float32, 1);
        using var trainers = Trainers.Met([1, 3, 4], medium);      // the second has two subtrees
        var said = trainers.Run(rank =>
        {
            var exchange = trainers.Exchanges[rank];
            var first = exchange.Agree(new(0, Weight: rank, 0, 0, (StepRequest)rank));
            var sum = exchange.Exchange(shards.SumsOf(trainers.Groups[rank].Members[rank].Own));
            return (first, sum.Tail, Second: exchange.Agree(new(0, Weight: 1, 0, 0, StepRequest.None)));
        });
        Assert.All(said, heard => Assert.Equal((new StepTail(0, 3, 0, 0, StepRequest.CheckpointAndStop), shards.Total.Tail, new StepTail(0, 3, 0, 0, StepRequest.None)), heard));
    }

    private static void AssertSameBits(int[] ends, Shards shards, Medium medium)
    {
        using var trainers = Trainers.Met(ends, medium, shards.Element);
        for (int step = 0; step < 2; step++)
        {
            var now = shards with { Seed = shards.Seed + (ulong)step };
            var expected = now.Total;
            var sums = trainers.Run(rank => trainers.Exchanges[rank].Exchange(now.SumsOf(trainers.Groups[rank].Members[rank].Own)));
            foreach (var sum in sums)
            {
                Assert.Equal(expected.At, sum.At);
                Assert.Equal(expected.Tail, sum.Tail);
                Assert.True(expected.Values.Span.SequenceEqual(sum.Values.Span), "other bits");
            }
        }
    }
}
