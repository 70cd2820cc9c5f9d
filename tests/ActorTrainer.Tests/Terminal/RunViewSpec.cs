using System.Text.Json;
using ActorTrainer.Core.Evaluation;
using ActorTrainer.Hosting;
using ActorTrainer.Terminal;
using Microsoft.Extensions.Time.Testing;
using Spectre.Console.Testing;

namespace ActorTrainer.Tests.Terminal;

public sealed class RunViewSpec
{
    private static readonly RunsFolder Runs = new("/runs");
    private readonly FakeTimeProvider _time = new();
    private readonly StringWriter _out = new(), _error = new();

    private string[] Errors => _error.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);

    private static EvaluationRow Row(int epoch, double top1 = 0.9) => new(new(epoch * 10), 0, epoch, Some.Metrics(top1));

    private static void Drive(IRunObserver view)
    {
        view.Prepared(Some.Definition(), null);
        view.Progress(Some.Progress(1, 10));
        view.Evaluated(Row(1), true);
        view.Progress(Some.Progress(2, 11));
        view.Progress(Some.Progress(3, 21));
        view.Evaluated(Row(2, 0.8), false);
        view.Notice("something");
        view.Completed(Some.Experiment(), new string('e', 64));
    }

    [Fact]
    public void Without_a_terminal_there_is_a_line_an_epoch_and_the_result_on_stdout()
    {
        Drive(new PlainRunView(Screen.Redirected(_out, _error), Runs, _time));
        Assert.Equal(2, Errors.Count(line => line.Contains("val top-1", StringComparison.Ordinal)));
        Assert.Equal("epoch 1/5  head  loss 0.1230  top-1 0.9500  1,234 img/s  val loss 0.5000  val top-1 0.9000  best", Errors[1]);
        string[] result = _out.ToString().Split(Environment.NewLine);
        Assert.StartsWith("test top-1 0.8500", result[0], StringComparison.Ordinal);
        Assert.Contains($"digest    {new string('e', 64)}", result);
        Assert.Contains("next      actortrainer predict birds PATH", result);
    }

    [Fact]
    public void The_experiment_says_what_is_shown_of_an_evaluation()
    {
        var view = new PlainRunView(Screen.Redirected(_out, _error), Runs, _time);
        var definition = Some.Definition();
        view.Prepared(definition with { Settings = definition.Settings.Add(EvaluationMetricNames.Key, "[f1, top5]") }, null);
        view.Evaluated(Row(1), true);
        Assert.Equal("epoch 1  val F1 0.7746  val top-5 1.0000  best", Errors[^1]);
    }

    [Fact]
    public void Progress_in_a_file_is_a_line_every_ten_seconds_at_most()
    {
        var view = new PlainRunView(Screen.Redirected(_out, _error), Runs, _time);
        for (int step = 1; step <= 100; step++)
        {
            view.Progress(Some.Progress(1, step));
            _time.Advance(TimeSpan.FromMilliseconds(250));
        }

        Assert.Equal(2, Errors.Length);
        Assert.Contains("1:30 left", Errors[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Json_is_an_object_a_line_in_snake_case_that_ends_with_completed_and_the_digest()
    {
        Drive(new JsonRunView(Screen.Redirected(_out, _error), _time));
        var lines = _out.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(["prepared", "progress", "evaluated", "evaluated", "notice", "completed"], lines.Select(line => line.GetProperty("event").GetString()));
        Assert.Equal(new string('e', 64), lines[^1].GetProperty("digest").GetString());
        Assert.Equal(0.85, lines[^1].GetProperty("test").GetProperty("top1").GetDouble());
        Assert.All(lines.SelectMany(line => line.EnumerateObject()), property => Assert.Matches("^[a-z0-9_]+$", property.Name));
        Assert.True(lines[1].TryGetProperty("images_per_s", out _));
    }

    [Fact]
    public void A_terminal_keeps_the_epochs_and_takes_the_moving_part_away()
    {
        using var console = new TestConsole { Profile = { Width = 120, Capabilities = { Ansi = true } } };
        var view = new LiveRunView(new(Screen.Redirected(_out, _error).Out, console, false), Runs, _time);
        Drive(view);
        Assert.Contains("epoch 1/5  head  loss 0.1230  top-1 0.9500  1,234 img/s  val loss 0.5000  val top-1 0.9000  best", console.Output, StringComparison.Ordinal);
        Assert.Contains("something", console.Output, StringComparison.Ordinal);
        Assert.Contains("test top-1 0.8500", _out.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_moving_part_says_where_it_is_and_what_the_loader_waits_for()
    {
        using var console = new TestConsole { Profile = { Width = 100 } };
        console.Write(LiveRunView.Picture(Some.Progress(2, 12) with { Loader = new LoaderState(0, 4, "decoding") }, console.Profile));
        Assert.Contains("head (1/2)  epoch 2/5", console.Output, StringComparison.Ordinal);
        Assert.Contains("step 12/50  1:30 left", console.Output, StringComparison.Ordinal);
        Assert.Contains("loader waits for decoding", console.Output, StringComparison.Ordinal);
        Assert.All(console.Lines, line => Assert.True(line.Length <= 100));
    }

    [Theory]
    [InlineData(20)]
    [InlineData(40)]
    public void A_narrow_terminal_still_shows_it(int width)
    {
        using var console = new TestConsole { Profile = { Width = width } };
        console.Write(LiveRunView.Picture(Some.Progress(2, 12), console.Profile));
        Assert.All(console.Lines, line => Assert.True(line.Length <= width));
    }

    [Fact]
    public void An_interruption_says_how_to_go_on()
    {
        var view = new PlainRunView(Screen.Redirected(_out, _error), Runs, _time);
        view.Progress(Some.Progress(1, 5));
        view.Interrupted(new(5), "actortrainer run birds.conf");
        Assert.Equal("  actortrainer run birds.conf", Errors[^1]);
        Assert.StartsWith("epoch 1/5", Errors[0], StringComparison.Ordinal);
        Assert.Empty(_out.ToString());
    }
}
