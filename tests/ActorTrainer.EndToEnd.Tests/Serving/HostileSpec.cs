using ActorTrainer.Benchmarks.Hostile;
using ActorTrainer.EndToEnd.Tests.Processes;

namespace ActorTrainer.EndToEnd.Tests.Serving;

/// <summary>The short form of the benchmarks' <c>hostile</c>: a gateway that is sent all kinds of things answers no 500, does not fall, and leaves nothing behind.</summary>
[Collection(ProcessTests.Name)]
public sealed class HostileSpec : IDisposable
{
    private const int Requests = 3000;

    /// <summary>Of the first tenth, when not everything is compiled yet: a leak of a few kB a request would be more.</summary>
    private const double MostGrowth = 2;

    private readonly Workshop _workshop = new();

    public void Dispose() => _workshop.Dispose();

    [SkippableFact]
    public async Task A_gateway_stands_whatever_it_is_sent()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "What a process holds is looked up in /proc.");
        string[] once = ["--set", "experiment.training.phases.0.epochs=1", "--set", "experiment.checkpoint.every-steps=null"];
        (await _workshop.Train(once)).Returns(0);
        (await _workshop.Train([.. once, "--set", "experiment.seed=2", "--fresh", "--yes"])).Returns(0);

        var result = await HostileCommand.RunAsync(_workshop.Runs, Workshop.Tiny, Requests, seed: 1, CancellationToken.None);

        Assert.True(result.Failures.IsEmpty, string.Join('\n', result.Failures));
        Assert.True(result.Statuses[200] > Requests / 20 && result.Statuses[400] > Requests / 20, string.Join(", ", result.Statuses));
        Assert.True(result.LastToFirst < MostGrowth, $"resident memory grew by {result.LastToFirst:0.00}");
        Assert.True(result.Footprints[^1].Handles < result.Footprints[0].Handles + 100, $"{result.Footprints[0].Handles} handles became {result.Footprints[^1].Handles}");
    }
}
