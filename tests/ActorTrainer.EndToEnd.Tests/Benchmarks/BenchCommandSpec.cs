using ActorTrainer.EndToEnd.Tests.Processes;

namespace ActorTrainer.EndToEnd.Tests.Benchmarks;

/// <summary>The command reports as its peers do. How fast is not asserted.</summary>
[Collection(ProcessTests.Name)]
public sealed class BenchCommandSpec
{
    [Fact]
    public async Task Steps_are_timed()
    {
        var line = Assert.Single((await Bench("step", "--architecture", "lenet5", "--image", "32", "--batch", "4", "--threads", "1", "--precision", "bf16", "--steps", "4", "--json")).Completes().Lines);
        Assert.Equal(("lenet5", 4, "bf16", 4), ((string)line["arch"]!, (int)line["batch"]!, (string)line["mode"]!, line["losses"]!.AsArray().Count));
        Assert.True((double)line["step_s"]! > 0 && (double)line["images_per_s"]! > 0);
    }

    [Fact]
    public async Task The_loader_is_timed()
    {
        var lines = (await Bench("loader", Pictures, "--threads", "2,1", "--decode", "fast", "--epochs", "2", "--json")).Completes().Lines;
        Assert.Equal([2, 1], lines.Select(line => (int)line["workers"]!));
        Assert.All(lines, line => Assert.Equal("fast", (string)line["decode"]!));
        Assert.All(lines, line => Assert.All(new[] { "images_per_s", "cpu_ms", "decode_only_per_s", "decode_only_cpu_ms" }, key => Assert.True((double)line[key]! > 0, key)));
    }

    [Fact]
    public async Task Steps_through_the_actors_are_timed_beside_bare_ones()
    {
        var line = Assert.Single((await Bench("overhead", "--image", "16", "--batch", "4", "--threads", "1", "--steps", "5", "--rounds", "1", "--json")).Completes().Lines);
        Assert.Equal(("lenet5", 4, 16), ((string)line["arch"]!, (int)line["batch"]!, (int)line["image"]!));
        Assert.All(new[] { "step_s", "images_per_s", "bare_step_s" }, key => Assert.True((double)line[key]! > 0, key));
        Assert.Equal(1, (int)line["actors_to_bare"]!["count"]!);
    }

    [Fact]
    public async Task Predictions_of_a_fresh_model_and_of_a_run_are_timed()
    {
        using var workshop = new Workshop();
        (await workshop.Train("--set", "experiment.training.phases.0.epochs=1")).Returns(0);
        string[] small = ["--pictures", "64", "--rounds", "1", "--clients", "8", "--threads", "1", "--json"];
        foreach (var (model, size) in new (string[], int)[] { (["--architecture", "lenet5", "--channels", "1", "--image", "16"], 16), ([Workshop.Tiny], 32) })
        {
            var line = Assert.Single((await workshop.Ask(["bench", "predict", .. model, .. small])).Completes().Lines);
            Assert.Equal(("lenet5", size), ((string)line["arch"]!, (int)line["image"]!));
            Assert.All(new[] { "images_per_s", "bare_images_per_s", "batched_to_bare", "batch_s", "open_p50_s", "open_p99_s", "bound_s" }, key => Assert.True((double)line[key]! > 0, key));
        }
    }

    [Fact]
    public async Task More_clients_than_may_wait_are_refused() => (await Bench("predict", "--clients", "257")).Refuses(2, "--clients is at most 256");

    [Fact]
    public async Task A_run_that_is_not_there_is_named() => (await Bench("predict", "nobody")).Refuses(2, "There is no run 'nobody'");

    [Theory]
    [InlineData("0")]
    [InlineData("2,")]
    [InlineData("two")]
    public async Task Threads_are_numbers(string threads) => (await Bench("loader", Pictures, "--threads", threads)).Refuses(2, "--threads takes numbers from 1 to 1024");

    [Fact]
    public async Task A_model_that_is_not_known_is_named() => (await Bench("step", "--architecture", "resnet19")).Refuses(2, "no architecture 'resnet19'");

    private static string Pictures => Repository.Path("config", "data", "clipart.zip") + "/test";

    private static async Task<EndedProgram> Bench(params string[] arguments)
    {
        using var workshop = new Workshop();
        using var program = RunningProgram.Start(workshop.Folder, ["bench", .. arguments]);
        return await program.Ended();
    }
}
