using ActorTrainer.Journal;
using static ActorTrainer.Core.Experiments.ExperimentEvents;

namespace ActorTrainer.Tests.Journal;

public sealed class RunFollowerSpec : IDisposable
{
    private readonly TemporaryRuns _runs = new();
    private readonly Recorder _seen = new();

    public void Dispose() => _runs.Dispose();

    private RunFollower Follow() => new(_runs.Runs, new("birds"), _seen, TimeProvider.System);

    private void Step(long step, int epoch) => File.AppendAllText(_runs.Runs[new("birds")].Metrics,
        $"{{\"epoch\":{epoch},\"step\":{step},\"loss\":0.5,\"lr\":0.1,\"images_per_s\":100,\"phase\":0,\"top1\":0.9}}\n");

    [Fact]
    public void It_tells_what_happened_before_and_then_what_is_new_until_the_end()
    {
        var history = Some.History();
        _runs.With("birds", history[..6]);
        Step(29, 2);
        Step(30, 2);
        var follower = Follow();
        Assert.Null(follower.Look());
        Assert.Equal(["prepared", "evaluated 30 best", "progress 30 epoch 2", "notice"], _seen.Take());

        Assert.Null(follower.Look());
        Assert.Empty(_seen.Take());

        Step(31, 3);
        _runs.With("birds", history[6..8]);
        Assert.Null(follower.Look());
        Assert.Equal(["progress 31 epoch 3", "committed 40", "evaluated 40 best"], _seen.Take());

        _runs.With("birds", history[8..]);
        Assert.Equal(RunEnd.Completed, follower.Look());
        Assert.Equal(["committed 50", "evaluated 50", $"completed {new string('e', 64)}"], _seen.Take());
    }

    [Fact]
    public void A_run_that_is_done_is_told_as_done()
    {
        _runs.With("birds", Some.History());
        Assert.Equal(RunEnd.Completed, Follow().Look());
    }

    [Fact]
    public void An_evaluation_that_was_under_way_does_not_take_the_end_back()
    {
        var history = Some.History();
        _runs.With("birds", history[..7]);
        var follower = Follow();
        Assert.Null(follower.Look());
        _runs.With("birds", new ExperimentCancelled(Some.Noon), history[7]);
        Assert.Equal(RunEnd.Failed, follower.Look());
    }

    [Fact]
    public void A_line_that_is_still_being_written_waits()
    {
        _runs.With("birds", Some.History()[..3]);
        var follower = Follow();
        follower.Look();
        _seen.Take();
        string metrics = _runs.Runs[new("birds")].Metrics;
        File.AppendAllText(metrics, "{\"epoch\":1,\"step\":1,");
        follower.Look();
        Assert.Empty(_seen.Take());
        File.AppendAllText(metrics, "\"loss\":0.5,\"lr\":0.1,\"images_per_s\":100,\"phase\":0,\"top1\":0.9}\n");
        follower.Look();
        Assert.Equal(["progress 1 epoch 1"], _seen.Take());
    }
}
