using ActorTrainer.Benchmarks.Serving;
using ActorTrainer.EndToEnd.Tests.Processes;

namespace ActorTrainer.EndToEnd.Tests.Serving;

/// <summary>The short form of the benchmarks' <c>serving-load</c>: how fast is not asserted, but that every request is answered, and by who is to answer.</summary>
[Collection(ProcessTests.Name)]
public sealed class LoadSpec : IDisposable
{
    private readonly Workshop _workshop = new();

    public void Dispose() => _workshop.Dispose();

    [SkippableFact]
    public async Task A_version_changes_under_load_and_no_answer_is_missing_or_wrong()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Nodes are ended by signals.");
        string[] once = ["--set", "experiment.training.phases.0.epochs=1", "--set", "experiment.checkpoint.every-steps=null"];
        (await _workshop.Train(once)).Returns(0);
        (await _workshop.Train([.. once, "--set", "experiment.seed=2", "--fresh", "--yes"])).Returns(0);

        var result = await ServingLoadCommand.RunAsync(_workshop.Runs, Workshop.Tiny, new(Requests: 400, Clients: 4, Share: 0.5, Swaps: 3), CancellationToken.None);

        Assert.True(result is { Failed: 0, Wrong: 0 }, result.FirstFailure);
        Assert.True(result.Swaps >= 1 && result.Waited.P99 >= result.Waited.Median);
    }
}
