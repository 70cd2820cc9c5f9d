using ActorTrainer.Benchmarks;
using ActorTrainer.Benchmarks.Features;
using ActorTrainer.Benchmarks.Memory;
using ActorTrainer.Benchmarks.Micro;
using ActorTrainer.Benchmarks.Network;
using ActorTrainer.Torch;

namespace ActorTrainer.EndToEnd.Tests.Benchmarks;

/// <summary>Benchmarks that nobody runs rot. What they measure is not asserted: times depend on who else uses the machine.</summary>
public sealed class BenchmarksSpec
{
    private static readonly Workload Small = new("lenet5", Channels: 1, ImageSize: 16, Classes: 4, BatchSize: 8, Steps: 10, Threads: 1);

    [Fact]
    public async Task The_loops_that_are_compared_do_the_same_work()
    {
        var result = await OverheadBenchmark.RunAsync(() => new TorchEngine(), Small, rounds: 1, CancellationToken.None);

        Assert.Equal(result.Session.SecondLoss, result.Actors.SecondLoss);                  // the same session, to the bit
        Assert.Equal(result.Bare.SecondLoss, result.Actors.SecondLoss, tolerance: 1e-4);    // the same mathematics in another order
        Assert.True(result.ActorsToBare.Median > 0);
    }

    [Fact]
    public async Task A_head_on_cached_features_does_the_work_of_one_on_features_in_memory()
    {
        var result = await FeaturesCommand.MeasureAsync("lenet5", classes: 4, batch: 8, steps: 20, threads: 1, rounds: 1);

        Assert.Equal(result.InMemorySecondLoss, result.CachedSecondLoss, tolerance: 1e-4);
        Assert.True(result.CachedToInMemory.Median > 0);
    }

    [Fact]
    public async Task Two_trainers_with_a_slow_network_between_them_are_timed_in_each_way()
    {
        var result = await NetworkCommand.MeasureAsync(Small with { Steps = 4 }, gbit: 1, rounds: 1);

        Assert.Equal(Enum.GetValues<Exchanging>(), result.Rows.Select(row => row.How));
        Assert.All(result.Rows, row => Assert.True(row is { Seconds.Median: > 0, ToApart.Median: > 0 }));
    }

    [Fact]
    public async Task Every_picture_that_clients_send_is_answered()
    {
        var model = await Task.Factory.StartNew(() => ServedModel.Fresh(new TorchEngine(), Small), TaskCreationOptions.LongRunning);

        var result = await PredictBenchmark.RunAsync(() => new TorchEngine(), NoWeights.Instance, model, new(Clients: 40, Pictures: 200, Rounds: 1), CancellationToken.None);

        Assert.True(result is { Batched.Median: > 0, Bare.Median: > 0 });
        Assert.All(new[] { result.Closed, result.Open }, waited => Assert.True(waited.Median > 0 && waited.P99 >= waited.Median && waited.Most >= waited.P99));
    }

    [Fact]
    public void Every_small_part_is_timed()
    {
        var result = MicroCommand.Measure("*", isDry: true);

        Assert.Empty(result.Errors);
        Assert.All(result.Timings, timing => Assert.True(timing is { Median: > 0, Count: > 0 }, timing.Name));
        Assert.Equal(15, result.Timings.Length);
    }

    [Fact]
    public async Task Memory_is_looked_at_when_a_run_comes_to_a_step()
    {
        string file = Repository.Path("config", "quickstart.conf");

        var result = await MemoryCommand.MeasureAsync(file, ["experiment.evaluation.every-epochs = 100", "experiment.data.loader-threads = 1"], [2, 12]);

        Assert.Equal(2, result.Footprints.Length);
        Assert.InRange(result.Footprints[0].Step, 2, result.Footprints[1].Step - 1);
        Assert.All(result.Footprints, seen => Assert.True(seen is { ResidentBytes: > 0, Tensors: > 0, Threads: > 1 }));
    }
}
