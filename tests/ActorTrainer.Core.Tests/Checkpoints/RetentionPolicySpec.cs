using ActorTrainer.Core.Checkpoints;
using ActorTrainer.Core.Experiments;
using CsCheck;

namespace ActorTrainer.Core.Tests.Checkpoints;

public sealed class RetentionPolicySpec
{
    [Theory]
    // committed                          last  best   kept best  start   leased   retired
    [InlineData("1-10 1-20 1-30 1-40", 2, null, true, null, "", "1-10 1-20")]
    [InlineData("1-10 1-20 1-30 1-40", 3, null, true, null, "", "1-10")]
    [InlineData("1-10 1-20 1-30 1-40", 9, null, true, null, "", "")]
    [InlineData("1-10 1-20 1-30 1-40", 1, null, true, null, "", "1-10 1-20")]
    [InlineData("1-10 1-20 1-30 1-40", 2, "1-10", true, null, "", "1-20")]
    [InlineData("1-10 1-20 1-30 1-40", 2, "1-10", false, null, "", "1-10 1-20")]
    [InlineData("1-10 1-20 2-30 2-40", 2, null, true, "1-20", "", "1-10")]
    [InlineData("1-10 1-20 1-30 1-40", 2, null, true, null, "1-10 1-20", "")]
    [InlineData("1-10 1-20 1-30 1-40", 2, "1-30", true, "1-40", "", "1-10 1-20")]
    [InlineData("1-30 2-20 1-10 3-30", 2, null, true, null, "", "1-10 2-20")]
    [InlineData("1-10", 2, null, true, null, "", "")]
    [InlineData("", 2, "1-10", true, "1-10", "1-10", "")]
    public void What_may_go_is_what_nobody_needs(string committed, int keepLast, string? best, bool keepBest, string? start, string leased, string retired) =>
        Assert.Equal(
            Ids(retired),
            RetentionPolicy.Retirable(Ids(committed), new(null, keepLast, keepBest), One(best), One(start), Ids(leased)).AsEnumerable());

    [Fact]
    public void The_newest_two_the_best_the_start_and_the_leased_always_stay()
    {
        var ids = Gen.Select(Gen.Int[1, 3], Gen.Int[0, 30]).Select((generation, step) => new CheckpointId(new(generation), new(step))).Array[1, 15].Select(all => all.Distinct().ToArray());
        Gen.Select(ids, Gen.Int[0, 5], Gen.Int[0, 100], Gen.Int[0, 100], Gen.Int[0, 100]).Sample((committed, keepLast, best, start, lease) =>
        {
            CheckpointId One(int pick) => committed[pick % committed.Length];
            var retired = RetentionPolicy.Retirable(committed, new(null, keepLast, KeepBest: true), One(best), One(start), [One(lease)]);
            CheckpointId[] needed = [.. committed.OrderDescending().Take(Math.Max(2, keepLast)), One(best), One(start), One(lease)];
            Assert.Empty(retired.Intersect(needed));
            Assert.Equal(committed.Except(needed).Order(), retired);
        });
    }

    private static CheckpointId? One(string? text) => text is null ? null : Ids(text).Single();

    private static IEnumerable<CheckpointId> Ids(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries)
        .Select(word => CheckpointId.TryParse(word, out var id) ? id : throw new ArgumentException(word));
}
