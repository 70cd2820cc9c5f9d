using System.Reflection;
using ActorTrainer.Core.Experiments;

namespace ActorTrainer.Core.Tests.Experiments;

public sealed class FailpointSpec
{
    [Fact]
    public void Without_a_number_the_first_hit_is_meant() => Assert.Equal([1], Due(FailpointPlan.Parse("step.applied"), "step.applied"));

    [Fact]
    public void Hits_are_counted_by_name()
    {
        var plan = FailpointPlan.Parse("step.applied#3, epoch.ended#2,step.applied#5");

        Assert.Equal([3, 5], Due(plan, "step.applied"));
        Assert.Equal([2], Due(plan, "epoch.ended"));
        Assert.Empty(Due(plan, "finished"));
    }

    [Theory]
    [InlineData("step.aplied", "there is no failpoint 'step.aplied'")]
    [InlineData("step.applied#0", "'step.applied#0' needs a whole number")]
    [InlineData("step.applied#x", "needs a whole number")]
    [InlineData("step.applied#", "needs a whole number")]
    public void A_misspelt_one_is_an_error_and_not_a_test_that_passes(string text, string message) =>
        Assert.Contains(message, Assert.Throws<ArgumentException>(() => FailpointPlan.Parse(text)).Message);

    [Fact]
    public void Unset_nothing_happens()
    {
        foreach (string name in Failpoints.All) Failpoint.Hit(name);
    }

    [Fact]
    public void All_are_listed_once()
    {
        var declared = typeof(Failpoints).GetFields(BindingFlags.Public | BindingFlags.Static).Where(field => field.IsLiteral).Select(field => (string)field.GetRawConstantValue()!);

        Assert.Equal(declared.Order(), Failpoints.All.Order());
    }

    private static IEnumerable<int> Due(FailpointPlan plan, string name) => Enumerable.Range(1, 10).Where(_ => plan.IsDue(name)).ToList();
}
