using System.Runtime.InteropServices;
using ActorTrainer.Core.Randomness;
using ActorTrainer.EndToEnd.Tests.Cluster;
using ActorTrainer.EndToEnd.Tests.Processes;

namespace ActorTrainer.EndToEnd.Tests.Determinism;

/// <summary>A head that trains on features: whatever the cache holds, loses or has damaged, the digest is the file's.</summary>
[Collection(ProcessTests.Name)]
public class FeaturesSpec(FeaturesSpec.Reference reference) : IClassFixture<FeaturesSpec.Reference>
{
    /// <summary>In blocks of 32.</summary>
    private const int Samples = 429, Blocks = 14, Variants = 2;

    /// <summary>Of the first phase.</summary>
    private const int StepsOnPictures = 28;

    [Fact]
    public async Task A_warm_cache_computes_nothing_and_changes_nothing()
    {
        using var workshop = new FeatureWorkshop();
        Assert.Equal(reference.Digest, (await workshop.Train()).Completes().Digest);
        Assert.Equal(Variants * Blocks, workshop.Blocks.Count);

        Assert.Equal(reference.Digest, (await workshop.Train("--set", "experiment.name=warm")).Completes().Digest);

        Assert.Equal(Variants, (await File.ReadAllLinesAsync(workshop["warm"].Folder.Log)).Count(line => line.Contains($": 0 of {Blocks} blocks were computed here", StringComparison.Ordinal)));
        workshop["warm"].IsAsWholeAs(reference.Run);
    }

    [Fact]
    public async Task Blocks_that_vanish_at_random_between_and_within_epochs_are_computed_again()
    {
        using var workshop = new FeatureWorkshop();
        using var program = workshop.StartTraining();
        int evicted = await workshop.EvictUntilAsync(() => program.HasEnded);

        Assert.Equal(reference.Digest, (await program.Ended()).Completes().Digest);
        workshop.Run.IsAsWholeAs(reference.Run);
        Assert.True(evicted > 0, "nothing was evicted");
    }

    [Fact]
    public async Task Damaged_blocks_are_computed_again()
    {
        using var workshop = new FeatureWorkshop();
        (await workshop.Train("--set", "experiment.name=first")).Completes();
        var random = new RandomStream(5, RandomPurpose.Test, 0, 0);
        foreach (string file in workshop.Blocks)
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.ReadWrite);
            if (random.NextInt32(3) == 0) stream.SetLength(random.NextInt32((int)stream.Length));
            else
            {
                stream.Position = random.NextInt32((int)stream.Length);
                int old = stream.ReadByte();
                stream.Position--;
                stream.WriteByte((byte)~old);
            }
        }

        Assert.Equal(reference.Digest, (await workshop.Train()).Completes().Digest);
        Assert.Contains("It is computed again", await File.ReadAllTextAsync(workshop.Run.Folder.Log), StringComparison.Ordinal);
        workshop.Run.IsAsWholeAs(reference.Run);
    }

    [Fact]
    public async Task Killed_while_it_computes_or_keeps_a_block_or_trains_on_them_it_goes_on_and_leaves_nothing_behind()
    {
        using var workshop = new FeatureWorkshop();
        foreach (string failpoint in new[] { "features.computed#1", "features.written#2", "features.computed#9", "step.applied#5", "features.computed#7", "features.written#3", "step.exchanged#10", "checkpoint.renamed#4" })
            (await workshop.TrainUpTo(failpoint)).Returns(EndedProgram.Killed);

        Assert.Equal(reference.Digest, (await workshop.Train()).Completes().Digest);
        workshop.Run.IsAsWholeAs(reference.Run);
        Assert.Empty(Directory.EnumerateFiles(workshop.Cache, "*.tmp", SearchOption.AllDirectories));
    }

    /// <summary>Many small blocks of a larger model, for the signal to come while they are computed.</summary>
    [Fact]
    public async Task Ctrl_C_does_not_wait_for_the_features_and_loses_none()
    {
        string[] slow = ["--set", "experiment.model.architecture=resnet18", "--set", "experiment.training.phases.1.features.block-size=1"];
        using var workshop = new FeatureWorkshop();
        long step;
        using (var program = workshop.StartTraining(null, slow))
        {
            await program.Until("a block", () => workshop.Blocks.Count > 0);
            program.Signal(PosixSignal.SIGINT);
            var stopped = (await program.Ended()).Returns(130);
            step = (long)stopped.Lines[^1]["step"]!;
        }

        int kept = workshop.Blocks.Count;
        Assert.Equal((StepsOnPictures, true), (step, kept is > 0 and < Samples));

        var ended = (await workshop.Train(slow)).Completes();
        Assert.Equal(step, (long)ended.Lines.Single(line => (string)line["event"]! == "prepared")["resumed_from"]!);
        Assert.Contains($": {Samples - kept} of {Samples} blocks were computed here", await File.ReadAllTextAsync(workshop.Run.Folder.Log), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_digest_depends_on_how_many_variants_there_are()
    {
        using var workshop = new FeatureWorkshop();
        var digests = new HashSet<string> { reference.Digest };
        foreach (string variants in new[] { "1", "4", "null" })
            digests.Add((await workshop.Train("--set", $"experiment.training.phases.1.features.variants={variants}", "--set", $"experiment.name=v-{variants}")).Completes().Digest);
        Assert.Equal(4, digests.Count);
    }

    [Fact]
    public async Task Two_runs_at_once_share_the_cache()
    {
        using var workshop = new FeatureWorkshop();
        using var one = workshop.StartTraining();
        using var two = workshop.StartTraining(null, "--set", "experiment.name=two");
        foreach (var program in new[] { one, two }) Assert.Equal(reference.Digest, (await program.Ended()).Completes().Digest);
        Assert.Equal(Variants * Blocks, workshop.Blocks.Count);
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(2, true)]
    public async Task Any_number_of_trainers_gives_the_bits_of_one_process(int trainers, bool evicts)
    {
        using var workshop = new FeatureWorkshop();
        using var cluster = new TestCluster(workshop);
        await cluster.StartAsync(trainers);
        await cluster.SubmitAsync("resources.trainers.max=4");

        using var stop = new CancellationTokenSource();
        var evicting = evicts ? workshop.EvictUntilAsync(() => stop.IsCancellationRequested) : Task.FromResult(1);
        var ended = await cluster.EndAsync();
        await stop.CancelAsync();

        Assert.True(await evicting > 0, "nothing was evicted");
        Assert.Equal(("completed", reference.Digest, trainers), ((string)ended["state"]!, (string)ended["digest"]!, (int)ended["trainers"]!));
    }

    /// <summary>It computes or it trains: at some moment of the second phase.</summary>
    [Fact]
    public async Task A_killed_trainer_is_done_without()
    {
        using var workshop = new FeatureWorkshop();
        using var cluster = new TestCluster(workshop);
        await cluster.StartAsync(0);
        var killed = await cluster.AddTrainerAsync();
        await cluster.AddTrainerAsync();
        await cluster.SubmitAsync("resources.trainers.max=4");
        await cluster.UntilAsync("a block", () => workshop.Blocks.Count > 0);
        killed.Kill();

        var ended = await cluster.EndAsync();
        Assert.Equal(("completed", reference.Digest), ((string)ended["state"]!, (string)ended["digest"]!));
    }

    [Fact]
    public async Task More_than_the_head_cannot_train_on_features()
    {
        using var workshop = new FeatureWorkshop();
        (await workshop.Train("--set", "experiment.training.phases.1.trainable=[all]")).Refuses(2, "phases.1.features.variants", "trainable = [head] and batch-norm = frozen");
        (await workshop.Train("--set", "experiment.training.phases.1.batch-norm=update")).Refuses(2, "phases.1.features.variants", "trainable = [head] and batch-norm = frozen");
    }

    /// <summary>The run that nothing disturbs, on an empty cache.</summary>
    public sealed class Reference : IAsyncLifetime
    {
        private readonly FeatureWorkshop _workshop = new();

        internal string Digest { get; private set; } = "";

        internal RunFiles Run => _workshop.Run;

        public async Task InitializeAsync() => Digest = (await _workshop.Train()).Completes().Digest;

        public Task DisposeAsync()
        {
            _workshop.Dispose();
            return Task.CompletedTask;
        }
    }
}
