using ActorTrainer.Journal;

namespace ActorTrainer.Tests.Journal;

public sealed class CheckpointReferenceSpec
{
    [Theory]
    [InlineData("birds@best", 40)]
    [InlineData("birds@last", 50)]
    [InlineData("birds@30", 30)]
    public void A_reference_chooses_a_checkpoint(string text, long step)
    {
        var reference = CheckpointReference.Parse(text);
        Assert.Equal(text, reference.ToString());
        Assert.Equal(step, reference.Choice!.Of(Some.Experiment()).Id.Step.Value);
    }

    [Fact]
    public void A_bare_name_chooses_nothing_itself() => Assert.Null(CheckpointReference.Parse("birds").Choice);

    [Fact]
    public void A_step_that_is_not_there_is_answered_with_those_that_are() => Assert.Contains("30, 40, 50",
        Assert.Throws<CheckpointNotFoundException>(() => CheckpointReference.Parse("birds@31").Choice!.Of(Some.Experiment())).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("Birds")]
    [InlineData("birds@")]
    [InlineData("birds@-1")]
    [InlineData("birds@newest")]
    public void What_is_no_reference_is_refused(string text) => Assert.Throws<FormatException>(() => CheckpointReference.Parse(text));
}
