using ActorTrainer.Core.Experiments;
using CsCheck;

namespace ActorTrainer.Core.Tests.Experiments;

public sealed class IdentifiersSpec
{
    [Theory]
    [InlineData("digits", true)]
    [InlineData("a", true)]
    [InlineData("0-9_x.y", true)]
    [InlineData("", false)]
    [InlineData("Digits", false)]
    [InlineData("-digits", false)]
    [InlineData(".digits", false)]
    [InlineData("di gits", false)]
    [InlineData("di/gits", false)]
    [InlineData("digits\n", false)]
    [InlineData("journal", false)]
    [InlineData("journal.db", false)]
    [InlineData("..", false)]
    public void Names_are_safe_as_folders_and_never_the_journals(string name, bool valid)
    {
        Assert.Equal(valid, ExperimentName.IsValid(name));
        if (!valid) Assert.Contains(ExperimentName.Rule, Assert.Throws<ArgumentException>(() => new ExperimentName(name)).Message);
    }

    [Fact]
    public void Names_have_64_characters_at_most()
    {
        Assert.True(ExperimentName.IsValid(new string('a', 64)));
        Assert.False(ExperimentName.IsValid(new string('a', 65)));
    }

    [Fact]
    public void Checkpoints_read_back_from_their_names() => Gen.Select(Gen.Int[0, int.MaxValue], Gen.Long[0, long.MaxValue]).Sample((generation, step) =>
    {
        var id = new CheckpointId(new(generation), new(step));
        return CheckpointId.TryParse(id.ToString(), out var read) && read == id;
    });

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("1-")]
    [InlineData("-1")]
    [InlineData("01-2")]
    [InlineData("1-02")]
    [InlineData("1--2")]
    [InlineData("+1-2")]
    [InlineData("1-2.tmp")]
    [InlineData(" 1-2")]
    [InlineData("2147483648-1")]
    public void Other_names_are_no_checkpoints(string name) => Assert.False(CheckpointId.TryParse(name, out _));

    [Fact]
    public void The_newest_checkpoint_is_the_greatest_by_step_then_generation()
    {
        CheckpointId[] ids = [new(new(2), new(10)), new(new(1), new(30)), new(new(1), new(10)), new(new(3), new(20))];

        Assert.Equal(["1-10", "2-10", "3-20", "1-30"], ids.Order().Select(id => id.ToString()));
    }

    [Fact]
    public void A_run_has_its_files_in_its_own_folder()
    {
        var run = RunFolder.Of("runs", new("digits"));

        Assert.Equal(Path.Combine("runs", "digits", "metrics.jsonl"), run.Metrics);
        Assert.Equal(Path.Combine("runs", "journal.db"), RunFolder.JournalOf("runs"));
        Assert.All([run.Evaluations, run.Ledger, run.Log, run.EffectiveConfiguration, run.CheckpointFolder, run.Lock], path => Assert.Equal(run.Path, Path.GetDirectoryName(path)));
    }
}
