using System.IO.Compression;
using ActorTrainer.EndToEnd.Tests.Processes;

namespace ActorTrainer.EndToEnd.Tests.Determinism;

/// <summary>The result depends on the file and the data it names, and on nothing else.</summary>
[Collection(ProcessTests.Name)]
public class SameFileSameDigestSpec(Undisturbed undisturbed)
{
    [Theory]
    [InlineData]
    [InlineData("data.loader-threads=2", "data.prefetch=1", "data.cache-mib=1")]
    [InlineData("data.loader-threads=8", "data.prefetch=16", "checkpoint.keep-last=9")]
    [InlineData("data.ledger=false", "checkpoint.every-steps=null", "checkpoint.keep-best=false", "training.phases.0.name=only")]
    public async Task A_second_run_gives_the_same_bits_whatever_its_operational_settings(params string[] settings)
    {
        using var workshop = new Workshop();

        var ended = (await workshop.Train([.. settings.SelectMany(setting => new[] { "--set", $"experiment.{setting}" })])).Completes();

        Assert.Equal(undisturbed.Digest, ended.Digest);
        workshop.Run.IsAsWholeAs(undisturbed.Run);
    }

    [Fact]
    public async Task A_folder_gives_the_bits_of_the_zip_it_was_unpacked_from()
    {
        using var workshop = new Workshop();
        string folder = Path.Combine(workshop.Folder, "unpacked");
        ZipFile.ExtractToDirectory(Workshop.Digits, folder);
        workshop.Write("tiny.conf", Workshop.TinyExperiment(folder));

        var ended = (await workshop.Train()).Completes();

        Assert.Equal(undisturbed.Digest, ended.Digest);
        workshop.Run.IsAsWholeAs(undisturbed.Run);
    }

    [Theory]
    [InlineData("files")]
    [InlineData("raw")]
    public async Task A_pack_gives_the_bits_of_the_zip_it_was_made_of(string content)
    {
        using var workshop = new Workshop();
        (await workshop.Pack(content)).Completes();
        workshop.Write("tiny.conf", Workshop.TinyExperiment(Path.Combine(workshop.Folder, "digits.pack")));
        Assert.Equal(undisturbed.Digest, (await workshop.Train()).Completes().Digest);
    }

    [Fact]
    public async Task Another_seed_gives_other_bits()
    {
        using var workshop = new Workshop();

        var ended = (await workshop.Train("--set", "experiment.seed=2")).Completes();

        Assert.NotEqual(undisturbed.Digest, ended.Digest);
    }

    [Fact]
    public async Task The_digest_is_that_of_the_newest_checkpoint_and_stands_alone_on_its_line()
    {
        var ended = (await undisturbed.Workshop.Ask("digest", Workshop.Tiny)).Completes();

        Assert.Equal(undisturbed.Digest + "\n", ended.Output);
        Assert.Matches("^[0-9a-f]{64}$", undisturbed.Digest);
    }

    [Fact]
    public void Every_step_and_every_sample_is_written_down_once_in_the_shard_that_its_position_has()
    {
        var run = undisturbed.Run;
        Assert.Equal(Enumerable.Range(1, run.Metrics.Count), run.Metrics.Select(line => (int)line["step"]!));
        run.HasEverySampleOfEveryEpochOnce();
        foreach (var step in run.Ledger.GroupBy(line => (int)line["step"]!))
        {
            int count = step.Count();
            var expected = Enumerable.Range(0, 4).SelectMany(shard => Enumerable.Repeat(shard, (shard + 1) * count / 4 - shard * count / 4));
            Assert.Equal(expected, step.Select(line => (int)line["shard"]!));
        }

        run.HasNoLeftovers();
    }
}
