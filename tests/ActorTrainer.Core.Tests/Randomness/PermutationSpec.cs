using ActorTrainer.Core.Randomness;
using CsCheck;

namespace ActorTrainer.Core.Tests.Randomness;

public sealed class PermutationSpec
{
    [Fact]
    public void Every_number_comes_exactly_once_for_any_seed_epoch_and_count() =>
        Gen.Select(Gen.ULong, Gen.ULong[0, 1000], Gen.Int[0, 3000]).Sample((seed, epoch, count) =>
        {
            var order = new Permutation(seed, RandomPurpose.SampleOrder, epoch, count);
            bool[] seen = new bool[count];
            for (int i = 0; i < count; i++)
            {
                int at = order[i];
                if (at < 0 || at >= count || seen[at]) return false;
                seen[at] = true;
            }

            return true;
        }, iter: 300);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(257)]
    [InlineData(65_536)]
    [InlineData(65_537)]
    public void Counts_around_powers_of_two_are_permuted_too(int count) =>
        Assert.Equal(Enumerable.Range(0, count), Numbers(1, 1, count).Order());

    [Fact]
    public void The_largest_count_stays_in_its_range()
    {
        var order = new Permutation(1, RandomPurpose.SampleOrder, 0, int.MaxValue);
        var some = Enumerable.Range(0, 10_000).Select(i => order[i]).ToList();

        Assert.All(some, at => Assert.InRange(at, 0, int.MaxValue - 1));
        Assert.Equal(some.Count, some.Distinct().Count());
        Assert.InRange(order[int.MaxValue - 1], 0, int.MaxValue - 1);
    }

    /// <summary>Stored, from TestData/philox.py: the order decides what every experiment trains, so it must never change.</summary>
    [Fact]
    public void An_order_never_changes() => Assert.Equal(Stored, Numbers(42, 0, 10));

    [Fact]
    public void Epochs_seeds_and_purposes_have_orders_of_their_own()
    {
        var orders = new[]
        {
            Numbers(1, 0, 100), Numbers(1, 1, 100), Numbers(2, 0, 100),
            [.. Enumerable.Range(0, 100).Select(i => new Permutation(1, RandomPurpose.Split, 0, 100)[i])],
        };

        Assert.Equal(orders.Length, orders.Select(order => string.Join(' ', order)).Distinct().Count());
    }

    [Fact]
    public void Every_place_is_as_likely_for_every_number()
    {
        const int Count = 10, Epochs = 20_000;
        int[,] places = new int[Count, Count];
        for (int epoch = 0; epoch < Epochs; epoch++)
        {
            var order = new Permutation(3, RandomPurpose.SampleOrder, (ulong)epoch, Count);
            for (int i = 0; i < Count; i++) places[i, order[i]]++;
        }

        double expected = (double)Epochs / Count, chiSquare = places.Cast<int>().Sum(n => (n - expected) * (n - expected) / expected);
        Assert.InRange(chiSquare, 40, 140);     // 81 degrees of freedom: beyond this once in 10,000 seeds
    }

    [Fact]
    public void Neighbours_do_not_stay_neighbours()
    {
        int[] order = Numbers(11, 0, 100_000);
        int together = order.Zip(order.Skip(1)).Count(pair => Math.Abs(pair.First - pair.Second) == 1);

        Assert.InRange(together, 0, 12);        // 2 are expected
    }

    [Fact]
    public void A_place_outside_is_refused()
    {
        var order = new Permutation(1, RandomPurpose.SampleOrder, 0, 3);

        Assert.Throws<ArgumentOutOfRangeException>(() => order[3]);
        Assert.Throws<ArgumentOutOfRangeException>(() => order[-1]);
    }

    private static readonly int[] Stored = [9, 7, 1, 8, 0, 2, 6, 4, 5, 3];

    private static int[] Numbers(ulong seed, ulong epoch, int count)
    {
        var order = new Permutation(seed, RandomPurpose.SampleOrder, epoch, count);
        return [.. Enumerable.Range(0, count).Select(i => order[i])];
    }
}
