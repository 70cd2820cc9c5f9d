using System.IO.Compression;
using ActorTrainer.EndToEnd.Tests.Processes;

namespace ActorTrainer.EndToEnd.Tests.Commands;

/// <summary>A run of this name is there already.</summary>
[Collection(ProcessTests.Name)]
public class SameNameSpec(Undisturbed undisturbed)
{
    [Fact]
    public async Task A_completed_run_prints_its_result_again_and_trains_nothing()
    {
        using var workshop = undisturbed.Workshop.Copy();
        var written = File.GetLastWriteTimeUtc(workshop.Run.Folder.Metrics);

        var ended = (await workshop.Train()).Completes();

        Assert.Equal(undisturbed.Ended.Lines[^1].ToJsonString(), ended.Lines[^1].ToJsonString());
        Assert.DoesNotContain(ended.Lines, line => (string)line["event"]! is "progress" or "committed");
        Assert.Equal(written, File.GetLastWriteTimeUtc(workshop.Run.Folder.Metrics));
    }

    [Fact]
    public async Task Another_configuration_is_refused_with_every_difference_and_changes_nothing()
    {
        using var workshop = undisturbed.Workshop.Copy();

        var ended = await workshop.Train("--set", "experiment.seed=7", "--set", "experiment.training.optimizer.momentum=0.8");

        ended.Refuses(2, "experiment.seed: 1 -> 7", "optimizer.momentum: 0.9 -> 0.8", "--fresh");
        Assert.Equal(undisturbed.Digest, (await workshop.Train()).Completes().Digest);
        workshop.Run.IsAsWholeAs(undisturbed.Run);
    }

    [Fact]
    public async Task Fresh_sets_the_earlier_run_aside_where_it_can_still_be_read()
    {
        using var workshop = undisturbed.Workshop.Copy();
        string[] other = ["--set", "experiment.seed=7", "--fresh"];
        (await workshop.Train(other)).Refuses(2, "--yes");

        var ended = (await workshop.Train([.. other, "--yes"])).Completes();

        Assert.NotEqual(undisturbed.Digest, ended.Digest);
        var aside = Assert.Single((await workshop.Ask("show", "tiny.1", "--json")).Completes().Lines);
        Assert.Equal(("completed", undisturbed.Digest), ((string)aside["state"]!, (string)aside["digest"]!));
        Assert.Equal(undisturbed.Digest + "\n", (await workshop.Ask("digest", "tiny.1")).Completes().Output);
        workshop["tiny.1"].IsAsWholeAs(undisturbed.Run);
        workshop.Run.HasNoLeftovers();
    }

    [Fact]
    public async Task Changed_data_are_refused_and_named()
    {
        using var workshop = new Workshop();
        string data = Path.Combine(workshop.Folder, "data");
        ZipFile.ExtractToDirectory(Workshop.Digits, data);
        workshop.Write("tiny.conf", Workshop.TinyExperiment(data));
        string[] shortly = ["--set", "experiment.training.phases.0.epochs=1"];
        (await workshop.Train(shortly)).Completes();
        string[] zeros = Directory.GetFiles(Path.Combine(data, "train", "0"));
        File.Copy(Directory.GetFiles(Path.Combine(data, "train", "1"))[0], zeros[0], overwrite: true);

        (await workshop.Train(shortly)).Refuses(2, "training data", data);
    }
}
