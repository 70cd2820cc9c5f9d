using System.Text.Json.Nodes;
using ActorTrainer.Tests.Api;
using SkiaSharp;

namespace ActorTrainer.Tests.Commands;

public sealed class PredictAtClusterSpec : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public PredictAtClusterSpec()
    {
        Pictures.Write(_folder["set"], 40, SKColors.White);      // more than one request
        File.WriteAllText(_folder["set/07b.png"], "no picture");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Pictures_are_told_as_those_of_a_run_are_and_one_that_can_not_be_read_costs_the_exit_code_alone()
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Runs.WithModel("birds", BirdModels.Wren);
        var there = await Invocation.Of("predict", "birds", _folder["set"], "--json", "--top", "2", "--server", gateway.Url);
        var here = await Invocation.Of("predict", "birds", _folder["set"], "--json", "--top", "2", "--runs", gateway.Runs.Runs.Path);
        Assert.Equal((1, 1), (there.ExitCode, here.ExitCode));
        var (remote, local) = (Lines(there), Lines(here));
        Assert.Equal(41, remote.Count);
        Assert.Equal(local.Select(line => (string)line["file"]!), remote.Select(line => (string)line["file"]!));
        Assert.Equal(local.Select(Label), remote.Select(Label));
        Assert.Contains("07b.png: ", there.Error, StringComparison.Ordinal);
        Assert.Equal("wren", Label(remote[0]));

        static string? Label(JsonNode line) => (string?)line["predictions"]!.AsArray().FirstOrDefault()?["label"];
    }

    [Fact]
    public async Task A_version_can_be_named_and_a_gateway_that_is_gone_is_left()
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Runs.WithModel("birds", BirdModels.Wren);
        string older = gateway.Runs.WithModel("birds.1", BirdModels.Crow);
        string servers = $"http://127.0.0.1:1,{gateway.Url}";
        var result = await Invocation.Of("predict", $"birds@{older}", _folder["set/00.png"], "--server", servers);
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Contains("00.png  crow", result.Output, StringComparison.Ordinal);
        Assert.Contains($"{gateway.Url} is asked instead", result.Error, StringComparison.Ordinal);
        var unknown = await Invocation.Of("predict", "birds@best", _folder["set/00.png"], "--server", servers);
        Assert.Equal(2, unknown.ExitCode);
        Assert.Contains(older, unknown.Error, StringComparison.Ordinal);
        Assert.Equal(2, (await Invocation.Of("predict", "fish", _folder["set/00.png"], "--server", gateway.Url)).ExitCode);
    }

    private static List<JsonNode> Lines(Invocation of) => [.. of.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!)];
}
