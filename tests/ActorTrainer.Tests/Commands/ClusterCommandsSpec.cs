using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using ActorTrainer.Api;
using ActorTrainer.Tests.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using static ActorTrainer.Actors.Coordination.CoordinatorProtocol;

namespace ActorTrainer.Tests.Commands;

public sealed class ClusterCommandsSpec : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Submit_sends_what_the_file_means_here_and_waits_for_the_digest()
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Answer = question =>
        {
            gateway.Runs.With("birds", Some.History());
            return new Accepted(new("birds"), ["looked at"]);
        };
        var result = await Invocation.Of("submit", Experiment(), "--set", "experiment.seed=5", "--server", gateway.Url, "--priority", "3", "--wait", "--json");
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Contains("looked at", result.Error, StringComparison.Ordinal);
        var lines = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal("prepared", lines[0].GetProperty("event").GetString());
        Assert.Equal(("completed", new string('e', 64)), (lines[^1].GetProperty("event").GetString(), lines[^1].GetProperty("digest").GetString()));
        var submitted = Assert.IsType<SubmitExperiment>(Assert.Single(gateway.Asked));
        Assert.Equal(3, submitted.Priority);
        Assert.Contains($"\"{_folder.Path}/pictures\"", submitted.Configuration, StringComparison.Ordinal);
        Assert.Contains("seed = 5", submitted.Configuration, StringComparison.Ordinal);
        Assert.DoesNotContain("include", submitted.Configuration, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_end_before_the_submission_is_not_the_end_that_is_waited_for()
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Runs.With("birds", [.. Some.History()[..5], new Core.Experiments.ExperimentEvents.ExperimentPaused(new(30), Some.Noon)]);
        gateway.Answer = _ => new Accepted(new("birds"), []);
        var waiting = Invocation.Of("submit", Experiment(), "--server", gateway.Url, "--wait", "--json");
        while (gateway.Asked.Count == 0) await Task.Delay(10);
        await Task.Delay(600);
        Assert.False(waiting.IsCompleted);
        gateway.Runs.With("birds", [new Core.Experiments.ExperimentEvents.GenerationStarted(new(2), Some.Cursor(30), null, 1, Some.Noon), .. Some.History()[6..]]);
        Assert.Contains("\"event\":\"completed\"", (await waiting).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Errors_in_the_file_are_shown_as_check_shows_them_and_nothing_is_sent()
    {
        await using var gateway = await TestGateway.StartAsync();
        File.WriteAllText($"{_folder.Path}/bad.conf", "experiment {\n  sed = 1\n}\n");
        var result = await Invocation.Of("submit", $"{_folder.Path}/bad.conf", "--server", gateway.Url);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("bad.conf:2:3: experiment.sed: unknown key", result.Error, StringComparison.Ordinal);
        Assert.Empty(gateway.Asked);
    }

    [Fact]
    public async Task List_show_logs_and_watch_see_what_is_at_the_cluster()
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Runs.With("birds", Some.History());
        File.WriteAllText(gateway.Runs.Runs[new("birds")].Log, "one\ntwo\n");
        foreach (string[] command in new[] { new[] { "list" }, ["list", "--json"], ["show", "birds"], ["show", "birds", "--json"] })
        {
            var there = await Invocation.Of([.. command, "--server", gateway.Url]);
            var here = await Invocation.Of([.. command, "--runs", gateway.Runs.Runs.Path]);
            Assert.Equal((0, here.Output), (there.ExitCode, there.Output));
        }

        Assert.Equal("two", (await Invocation.Of("logs", "birds", "--tail", "1", "--server", gateway.Url)).Output.Trim());
        var watched = await Invocation.Of("watch", "birds", "--server", gateway.Url);
        Assert.Equal(0, watched.ExitCode);
        Assert.Contains($"digest    {new string('e', 64)}", watched.Output, StringComparison.Ordinal);
        Assert.Equal(2, (await Invocation.Of("show", "fish", "--server", gateway.Url)).ExitCode);
    }

    [Fact]
    public async Task The_nodes_are_shown_with_what_they_do_and_where_there_is_no_cluster_it_is_said()
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Answer = question => question is DescribeCluster
            ? new ClusterDescribed([new("10.0.0.1:4053", ["coordinator", "gateway"], "up", null, null), new("10.0.0.2:4053", ["trainer"], "silent", "cpu", new("birds"))], [new("birds")]) : null;
        var shown = await Invocation.Of("cluster", "--server", gateway.Url);
        Assert.True(shown.ExitCode == 0, shown.Error);
        string[] rows = [.. shown.Output.Split('\n').Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))];
        Assert.Contains("10.0.0.1:4053 up coordinator, gateway - -", rows);
        Assert.Contains("10.0.0.2:4053 silent trainer cpu birds", rows);
        Assert.Contains("under way birds", rows);
        var cluster = JsonDocument.Parse((await Invocation.Of("cluster", "--json", "--server", gateway.Url)).Output).RootElement;
        Assert.Equal(("silent", "birds"), (cluster.GetProperty("nodes")[1].GetProperty("state").GetString(), cluster.GetProperty("experiments")[0].GetString()));

        await using var alone = await TestGateway.StartAsync(settings => settings with { IsAlone = true });
        var none = await Invocation.Of("cluster", "--server", alone.Url);
        Assert.Equal((2, ""), (none.ExitCode, none.Output));
        Assert.Contains("belongs to no cluster", none.Error, StringComparison.Ordinal);
        Assert.Contains("--server URL", (await Invocation.Of("cluster")).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pause", Wish.Pause)]
    [InlineData("resume", Wish.Resume)]
    [InlineData("cancel", Wish.Cancel)]
    public async Task A_wish_reaches_the_coordinator(string command, Wish wish)
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Answer = _ => new Accepted(new("birds"), []);
        Assert.Equal(0, (await Invocation.Of(command, "birds", "--server", gateway.Url)).ExitCode);
        Assert.Equal([new ControlExperiment(new("birds"), wish)], gateway.Asked);
    }

    [Fact]
    public async Task A_run_of_a_cluster_is_removed_by_its_coordinator_once_that_is_consented_to()
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Runs.With("birds", Some.History());
        gateway.Answer = _ => new Accepted(new("birds"), []);
        Assert.NotEqual(0, (await Invocation.Of("remove", "birds", "--server", gateway.Url)).ExitCode);
        Assert.Empty(gateway.Asked);
        Assert.Equal(0, (await Invocation.Of("remove", "birds", "--yes", "--server", gateway.Url)).ExitCode);
        Assert.Equal([new ControlExperiment(new("birds"), Wish.Remove)], gateway.Asked);
    }

    [Fact]
    public async Task A_wrong_key_is_said_to_be_wrong_and_never_shown()
    {
        await using var gateway = await TestGateway.StartAsync(new ApiKey(ApiScope.Read, ApiKey.HashOf(ApiKey.NewSecret())));
        var result = await Invocation.Of("list", "--server", gateway.Url, "--key", "atk_0123456789");
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("does not know the key", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("atk_0123456789", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_nobody_listens_it_says_so_with_exit_code_1()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        int port = ((IPEndPoint)taken.LocalEndpoint).Port;
        taken.Stop();
        var result = await Invocation.Of("list", "--server", $"http://127.0.0.1:{port}");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("the connection is refused", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task While_the_coordinator_moves_it_asks_again()
    {
        var builder = WebApplication.CreateSlimBuilder();
        await using var moving = builder.Build();
        int asked = 0;
        moving.Urls.Add("http://127.0.0.1:0");
        moving.MapGet("/v1/experiments", () => ++asked < 2 ? Problems.Away() : Results.Json(Array.Empty<int>()));
        await moving.StartAsync();
        var result = await Invocation.Of("list", "--server", moving.Urls.Single());
        Assert.Equal((0, 2), (result.ExitCode, asked));
        Assert.Contains("trying again", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("list", "--server", "nonsense")]
    [InlineData("list", "--server", "http://me:secret@host")]
    [InlineData("list", "--server", "http://gateway.example:4080", "--key", "atk_0123456789")]
    [InlineData("list", "--server", "http://127.0.0.1:1", "--runs", "somewhere")]
    public async Task An_address_that_can_not_be_right_is_refused(params string[] args)
    {
        var result = await Invocation.Of(args);
        Assert.Equal(2, result.ExitCode);
        Assert.DoesNotContain("secret", result.Error.Replace("no secret", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_cluster_wishes_say_what_to_do_and_a_run_that_rests_is_given_up()
    {
        using var runs = new TemporaryRuns();
        runs.With("birds", Some.History()).With("fish", Some.History("fish")[..3]).With("moths", [.. Some.History("moths")[..5], new Core.Experiments.ExperimentEvents.ExperimentPaused(new(30), Some.Noon)]);
        Assert.Contains("nothing to give up", (await Local("cancel", "birds")).Error, StringComparison.Ordinal);
        Assert.Contains("Stop it first", (await Local("cancel", "fish")).Error, StringComparison.Ordinal);
        Assert.Contains("--server URL", (await Local("pause", "fish")).Error, StringComparison.Ordinal);
        Assert.Contains("actortrainer run FILE", (await Local("resume", "moths")).Error, StringComparison.Ordinal);
        Assert.Equal(0, (await Local("cancel", "moths")).ExitCode);
        Assert.Equal(Core.Experiments.ExperimentStatus.Cancelled, runs.Journal.Load(new("moths"))!.Status);

        Task<Invocation> Local(string command, string name) => Invocation.Of(command, name, "--runs", runs.Runs.Path);
    }

    private string Experiment()
    {
        File.WriteAllText($"{_folder.Path}/common.conf", "experiment.training.phases = [{ epochs = 2 }]");
        File.WriteAllText($"{_folder.Path}/birds.conf", "include \"common.conf\"\nexperiment { data.train = pictures, model.architecture = lenet5 }\n");
        return $"{_folder.Path}/birds.conf";
    }
}
