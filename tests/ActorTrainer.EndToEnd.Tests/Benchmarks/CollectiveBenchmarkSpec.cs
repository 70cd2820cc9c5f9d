using ActorTrainer.EndToEnd.Tests.Processes;

namespace ActorTrainer.EndToEnd.Tests.Benchmarks;

/// <summary>Real processes sum a vector, and check the sum. How fast is not asserted.</summary>
[Collection(ProcessTests.Name)]
public sealed class CollectiveBenchmarkSpec
{
    [Theory]
    [InlineData("2", "memory")]
    [InlineData("3", "tcp")]
    public async Task Processes_of_the_program_sum_a_vector_and_report_as_their_peers_do(string world, string transport)
    {
        var line = Assert.Single((await Bench("--world", world, "--floats", "300000", "--rounds", "4", "--transport", transport, "--json")).Completes().Lines);

        Assert.Equal(1_200_000, (long)line["bytes"]!);
        Assert.Equal(world, ((int)line["world"]!).ToString());
        Assert.Equal(transport, (string)line["transport"]!);
        Assert.True((double)line["seconds"]! > 0 && (double)line["bus_gb_per_s"]! > 0);
    }

    [Fact]
    public async Task Numbers_in_bf16_are_half_of_the_bytes()
    {
        var line = Assert.Single((await Bench("--world", "3", "--floats", "300000", "--rounds", "3", "--gradients", "bf16", "--json")).Completes().Lines);
        Assert.Equal((600_000, "bfloat16"), ((long)line["bytes"]!, (string)line["gradients"]!));
    }

    [Fact]
    public async Task A_sum_over_less_than_two_is_wrong_use() => (await Bench("--world", "1")).Refuses(2, "--world is at least 2");

    private static async Task<EndedProgram> Bench(params string[] arguments)
    {
        using var program = RunningProgram.Start(Repository.Root, ["bench", "collective", .. arguments]);
        return await program.Ended();
    }
}
