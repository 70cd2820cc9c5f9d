using System.Globalization;
using System.Text.Json.Nodes;
using ActorTrainer.EndToEnd.Tests.Processes;

namespace ActorTrainer.EndToEnd.Tests.Commands;

/// <summary>One process trains; others look on, and none may train the same.</summary>
[Collection(ProcessTests.Name)]
public class WhileItTrainsSpec
{
    /// <summary>Long enough that all of it happens while the run goes on; the test stops it.</summary>
    private static readonly string[] Long = ["--set", "experiment.training.phases.0.epochs=2000", "--set", "experiment.checkpoint.every-steps=8"];

    [Fact]
    public async Task Others_can_look_on_and_a_second_writer_is_refused_by_name_and_pid()
    {
        using var workshop = new Workshop();
        using var program = workshop.StartTraining(null, Long);
        await program.Until("the first checkpoint", () => workshop.Run.Checkpoints.Count > 0);
        using var watch = RunningProgram.Start(workshop.Folder, ["watch", Workshop.Tiny, "--json", "--runs", workshop.Runs]);

        var second = await workshop.Train(Long);
        second.Refuses(1, Workshop.Tiny, program.Id.ToString(CultureInfo.InvariantCulture));

        var listed = Assert.Single((await workshop.Ask("list", "--json")).Completes().Lines);
        var shown = Assert.Single((await workshop.Ask("show", Workshop.Tiny, "--json")).Completes().Lines);
        foreach (var run in new[] { listed, shown })
        {
            Assert.Equal("running", (string)run["state"]!);
            Assert.Equal(program.Id, (int)run["pid"]!);
            Assert.InRange((long)run["step"]!, 1, (long)run["steps"]!);
        }

        Assert.Matches("^[0-9a-f]{64}\n$", (await workshop.Ask("digest", Workshop.Tiny)).Completes().Output);
        Assert.Contains(Workshop.Tiny, (await workshop.Ask("list")).Completes().Output, StringComparison.Ordinal);
        await watch.Until("steps that went by under its eyes", () => Steps(watch.Output).Distinct().Count() > 1);

        Assert.False(program.HasEnded);
        program.Kill();
        await program.Ended();
        var abandoned = Assert.Single((await workshop.Ask("show", Workshop.Tiny, "--json")).Completes().Lines);
        Assert.Null(abandoned["pid"]);
    }

    [Fact]
    public async Task Two_runs_train_side_by_side_in_one_runs_folder()
    {
        using var workshop = new Workshop();
        string[] one = ["--set", "experiment.name=one", "--set", "experiment.seed=5"], two = ["--set", "experiment.name=two", "--set", "experiment.seed=6"];
        using var first = workshop.StartTraining(null, one);
        using var second = workshop.StartTraining(null, two);

        var endedFirst = (await first.Ended()).Completes();
        var endedSecond = (await second.Ended()).Completes();

        using var alone = new Workshop();
        Assert.Equal((await alone.Train(one)).Completes().Digest, endedFirst.Digest);
        Assert.Equal((await alone.Train(two)).Completes().Digest, endedSecond.Digest);
        workshop["one"].IsAsWholeAs(alone["one"]);
        workshop["two"].IsAsWholeAs(alone["two"]);
        Assert.Equal(2, (await workshop.Ask("list", "--json")).Completes().Lines.Count);
    }

    private static IEnumerable<long> Steps(string output) => output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(line => JsonNode.Parse(line)!).Where(line => (string?)line["event"] == "progress").Select(line => (long)line["step"]!);
}
