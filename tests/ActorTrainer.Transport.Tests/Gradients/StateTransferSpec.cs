using System.Collections.Immutable;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Randomness;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Transport.Tests.Gradients;

[Collection(CollectiveTests.Name)]
public sealed class StateTransferSpec
{
    private static readonly TrainingState State = Some();
    private static readonly string Hash = StateHash.Of(State);

    [Theory]
    [InlineData(Medium.Tcp)]
    [InlineData(Medium.Unix)]
    [InlineData(Medium.Memory)]
    [InlineData(Medium.Process)]
    [InlineData(Medium.Mixed)]
    public void Those_who_need_the_state_get_it_and_those_who_have_it_keep_theirs(Medium medium)
    {
        using var trainers = Trainers.Met([1, 2, 3, 4], medium);
        var states = trainers.Run(rank => trainers.Exchanges[rank].Share(from: 1, rank is 1 or 3 ? State : null, Hash));

        Assert.Same(State, states[1]);
        Assert.Same(State, states[3]);
        foreach (int rank in (int[])[0, 2])
        {
            Assert.NotSame(State, states[rank]);
            Assert.Equal(Hash, StateHash.Of(states[rank]));
            Assert.Equal(State.Cursor, states[rank].Cursor);
        }
    }

    [Fact]
    public void Training_goes_on_over_the_same_connections()
    {
        using var trainers = Trainers.Met([1, 3, 4]);
        var shards = new Shards(4, 70_000, TensorType.Float32, 2);
        for (int round = 0; round < 2; round++)
        {
            trainers.Run(rank => trainers.Exchanges[rank].Share(0, rank == 0 ? State : null, Hash));
            var sums = trainers.Run(rank => trainers.Exchanges[rank].Exchange(shards.SumsOf(trainers.Groups[rank].Members[rank].Own)));
            Assert.All(sums, sum => Assert.True(sum.Values.Span.SequenceEqual(shards.Total.Values.Span)));
        }
    }

    [Fact]
    public void A_state_with_another_hash_is_refused_and_named()
    {
        using var trainers = Trainers.Met([2, 4]);
        var failures = trainers.Failures(rank => trainers.Exchanges[rank].Share(0, rank == 0 ? State : null, new string('0', 64)));

        var failure = Assert.IsType<ExchangeFailedException>(failures[1]);
        Assert.Equal(0, failure.Rank);
        Assert.Contains(Hash, failure.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Who_gives_the_state_must_have_it()
    {
        using var trainers = Trainers.Met([2, 4]);
        Assert.Throws<ArgumentNullException>(() => trainers.Exchanges[0].Share(0, null, Hash));
        Assert.Throws<ArgumentOutOfRangeException>(() => trainers.Exchanges[0].Share(2, null, Hash));
    }

    [Fact]
    public void A_giver_that_stays_silent_fails_the_transfer()
    {
        using var trainers = Trainers.Met([2, 4], deadline: () => TimeSpan.FromMilliseconds(200));
        var failure = Assert.Throws<ExchangeFailedException>(() => trainers.Exchanges[1].Share(0, null, Hash));
        Assert.Equal(0, failure.Rank);
        Assert.Contains("silent", failure.Reason, StringComparison.Ordinal);
    }

    private static TrainingState Some() => new(
        new(1, 20, new(120), 3),
        [Tensor("conv.weight", TensorType.Float32, 300, 700), Tensor("bn.num_batches_tracked", TensorType.Int64), Tensor("empty", TensorType.Float32, 0)],
        [Tensor("conv.weight.momentum", TensorType.Float32, 300, 700), Tensor("step", TensorType.Float64)]);

    private static NamedTensor Tensor(string name, TensorType type, params long[] shape)
    {
        byte[] data = new byte[type.Bytes(shape)!.Value];
        var random = RandomStream.ForName(1, RandomPurpose.Test, name);
        for (int i = 0; i < data.Length; i++) data[i] = i < 1000 ? (byte)(random.NextDouble() * 256) : (byte)(data[i - 1000] + 1);
        return new(name, type, shape.ToImmutableArray(), data);
    }
}
