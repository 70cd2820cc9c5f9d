using ActorTrainer.Core.Registry;

namespace ActorTrainer.Core.Tests.Registry;

public sealed class CanarySpec
{
    [Theory]
    [InlineData(0.01)]
    [InlineData(0.1)]
    [InlineData(0.25)]
    [InlineData(0.5)]
    [InlineData(1)]
    public void The_share_is_kept_in_every_window_of_requests(double share)
    {
        var canary = new Canary("a", share);
        bool[] taken = [.. Enumerable.Range(0, 20_000).Select(n => canary.Takes((ulong)n))];
        foreach (int window in new[] { 100, 1000, 10_000 })
        {
            for (int from = 0; from + window <= taken.Length; from += window)
                Assert.InRange(taken.AsSpan(from, window).Count(true), share * window - 3, share * window + 3);
        }
    }

    [Fact]
    public void A_key_goes_one_way_and_stays_there_as_the_share_grows()
    {
        string[] keys = [.. Enumerable.Range(0, 10_000).Select(n => $"user-{n}")];
        var few = keys.Where(new Canary("a", 0.1).Takes).ToHashSet();
        Assert.InRange(few.Count, 900, 1100);
        Assert.Subset(keys.Where(new Canary("a", 0.3).Takes).ToHashSet(), few);
        Assert.All(keys, key => Assert.True(new Canary("a", 1).Takes(key)));
    }
}
