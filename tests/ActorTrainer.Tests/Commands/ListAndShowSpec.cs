using System.Text.Json;

namespace ActorTrainer.Tests.Commands;

public sealed class ListAndShowSpec : IDisposable
{
    private readonly TemporaryRuns _runs = new TemporaryRuns().With("birds", Some.History()).With("fish", Some.History("fish").Take(5));

    public void Dispose() => _runs.Dispose();

    [Fact]
    public async Task List_shows_state_and_metrics_of_every_run()
    {
        var result = await Invocation.Of("list", "--runs", _runs.Runs.Path);
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("birds", result.Output, StringComparison.Ordinal);
        Assert.Contains("completed", result.Output, StringComparison.Ordinal);
        Assert.Contains("0.9000", result.Output, StringComparison.Ordinal);
        Assert.Contains("running", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_as_json_is_a_line_a_run()
    {
        var result = await Invocation.Of("list", "--json", "--runs", _runs.Runs.Path);
        var lines = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(["birds", "fish"], lines.Select(line => line.GetProperty("name").GetString()));
        Assert.Equal(["completed", "running"], lines.Select(line => line.GetProperty("state").GetString()));
    }

    [Fact]
    public async Task An_empty_runs_folder_is_no_error_and_no_json()
    {
        using var empty = new TemporaryRuns();
        var result = await Invocation.Of("list", "--json", "--runs", empty.Runs.Path);
        Assert.Equal((0, ""), (result.ExitCode, result.Output));
        Assert.Equal(0, (await Invocation.Of("list", "--runs", Path.Combine(empty.Runs.Path, "none"))).ExitCode);
    }

    [Fact]
    public async Task Show_as_json_keeps_the_contract()
    {
        var result = await Invocation.Of("show", "birds", "--json", "--runs", _runs.Runs.Path);
        Assert.Single(result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        var run = JsonDocument.Parse(result.Output).RootElement;
        Assert.Equal("completed", run.GetProperty("state").GetString());
        Assert.Equal((5, 50, 50, 1, 1), (Number("epoch"), Number("step"), Number("steps"), Number("generation"), Number("trainers")));
        Assert.Equal(new string('c', 64), run.GetProperty("configuration_hash").GetString());
        var best = run.GetProperty("best");
        Assert.Equal((40, 0.4, 0.9, 1.0), (best.GetProperty("step").GetInt32(), best.GetProperty("loss").GetDouble(), best.GetProperty("top1").GetDouble(), best.GetProperty("top5").GetDouble()));
        Assert.Equal(0.85, run.GetProperty("test").GetProperty("top1").GetDouble());
        Assert.Equal(new string('e', 64), run.GetProperty("digest").GetString());
        Assert.Equal(3, run.GetProperty("checkpoints").GetArrayLength());

        int Number(string key) => run.GetProperty(key).GetInt32();
    }

    [Fact]
    public async Task A_run_that_goes_on_is_as_far_as_its_metrics()
    {
        await File.WriteAllTextAsync(_runs.Runs[new("fish")].Metrics,
            """
            {"epoch":3,"step":37,"loss":0.5,"lr":0.1,"images_per_s":100,"phase":1,"top1":0.9}
            {"epoch":3,"step":38,"lo
            """.ReplaceLineEndings("\n"));
        var run = JsonDocument.Parse((await Invocation.Of("show", "fish", "--json", "--runs", _runs.Runs.Path)).Output).RootElement;
        Assert.Equal((37, 4), (run.GetProperty("step").GetInt32(), run.GetProperty("epoch").GetInt32()));
        Assert.Equal("all", run.GetProperty("phase").GetString());
        Assert.Equal(JsonValueKind.Null, run.GetProperty("test").ValueKind);
    }

    [Fact]
    public async Task Show_tells_a_person_phases_classes_and_what_was_left_out()
    {
        var result = await Invocation.Of("show", "birds", "--runs", _runs.Runs.Path);
        Assert.All(["owl <b>", "crow/<img>.jpg", "it is empty", "best", "newest", "1.2 MB"], text => Assert.Contains(text, result.Output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_name_that_is_no_run_is_answered_with_those_that_are()
    {
        var result = await Invocation.Of("show", "brids", "--runs", _runs.Runs.Path);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("did you mean 'birds'?", result.Error, StringComparison.Ordinal);
        Assert.Contains("there are: birds, fish", (await Invocation.Of("show", "elephants", "--runs", _runs.Runs.Path)).Error, StringComparison.Ordinal);
    }
}
