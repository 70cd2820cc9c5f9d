using System.Text.Json.Nodes;
using ActorTrainer.EndToEnd.Tests.Processes;

namespace ActorTrainer.EndToEnd.Tests.Cluster;

/// <summary>One node or four, in one go or with nodes that come and die: one digest.</summary>
[Collection(ProcessTests.Name)]
public sealed class OneDigestSpec(Undisturbed undisturbed)
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Any_number_of_trainers_gives_the_bits_of_one_process(int trainers)
    {
        using var workshop = new Workshop();
        using var cluster = new TestCluster(workshop);
        await cluster.StartAsync(trainers);
        await cluster.SubmitAsync("resources.trainers.max=4");

        Ends(await cluster.EndAsync(), trainers);

        Assert.Equal(undisturbed.Run.Metrics.Select(Loss), workshop.Run.Metrics.Select(Loss));
        HasTrainedEverySampleOnce(workshop, trainers);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(2, 1)]
    public async Task So_do_several_trainers_of_one_process_and_of_another(params int[] seats)
    {
        using var workshop = new Workshop();
        using var cluster = new TestCluster(workshop);
        await cluster.StartAsync(0);
        foreach (int count in seats) await cluster.AddTrainerAsync(count);
        await cluster.SubmitAsync("resources.trainers.max=4", $"resources.trainers.min={seats.Sum()}");

        Ends(await cluster.EndAsync(), seats.Sum());

        Assert.Equal(undisturbed.Run.Metrics.Select(Loss), workshop.Run.Metrics.Select(Loss));
        HasTrainedEverySampleOnce(workshop, seats.Sum());
    }

    [Fact]
    public async Task A_killed_process_takes_both_its_trainers_along_and_the_others_go_on()
    {
        using var workshop = new Workshop();
        using var cluster = new TestCluster(workshop);
        await cluster.StartAsync(0);
        var (pair, _) = (await cluster.AddTrainerAsync(2), await cluster.AddTrainerAsync(2));
        await cluster.SubmitAsync("resources.trainers.max=4", "resources.trainers.min=2", "training.phases.0.epochs=12");
        await cluster.UntilStepAsync(8);

        pair.Kill();

        using var reference = new Workshop();
        var expected = (await reference.Train("--set", "experiment.training.phases.0.epochs=12")).Completes();
        var ended = await cluster.EndAsync();
        Assert.Equal(("completed", expected.Digest, 2), ((string)ended["state"]!, (string)ended["digest"]!, (int)ended["trainers"]!));
        Assert.Equal(reference.Run.Metrics.Select(Loss), workshop.Run.Metrics.Select(Loss));
    }

    [Fact]
    public async Task So_do_eight_shards_on_three_trainers()
    {
        using var workshop = new Workshop();
        using var cluster = new TestCluster(workshop);
        await cluster.StartAsync(3);
        await cluster.SubmitAsync("resources.trainers.max=4", "training.logical-shards=8");

        using var reference = new Workshop();
        var expected = (await reference.Train("--set", "experiment.training.logical-shards=8")).Completes();
        var ended = await cluster.EndAsync();
        Assert.Equal(("completed", expected.Digest), ((string)ended["state"]!, (string)ended["digest"]!));
        Assert.Equal((8, 3), ((int)ended["logical_shards"]!, (int)ended["trainers"]!));
        Assert.NotEqual(undisturbed.Digest, expected.Digest);       // batch norm aside, other shards are other sums
    }

    /// <summary>Every sum is rounded, whether or not it crosses from one to another.</summary>
    [Fact]
    public async Task So_do_gradients_in_bf16_on_one_two_and_three_trainers()
    {
        string[] settings = ["training.gradients=bf16", "training.logical-shards=4"];
        using var reference = new Workshop();
        var expected = (await reference.Train([.. settings.SelectMany(setting => new[] { "--set", $"experiment.{setting}" })])).Completes();
        Assert.NotEqual(undisturbed.Digest, expected.Digest);
        foreach (int trainers in (int[])[1, 2, 3])
        {
            using var workshop = new Workshop();
            using var cluster = new TestCluster(workshop);
            await cluster.StartAsync(trainers);
            await cluster.SubmitAsync([.. settings, "resources.trainers.max=4"]);

            var ended = await cluster.EndAsync();

            Assert.Equal(("completed", expected.Digest, trainers), ((string)ended["state"]!, (string)ended["digest"]!, (int)ended["trainers"]!));
            Assert.Equal(reference.Run.Metrics.Select(Loss), workshop.Run.Metrics.Select(Loss));
        }
    }

    /// <summary>Forty-five megabytes of gradients a step, and batch norm's statistics.</summary>
    [Fact]
    public async Task So_does_a_ResNet_18_whose_trainers_come_and_die()
    {
        string[] settings =
        [
            "model.architecture=resnet18", "training.logical-shards=8", "training.phases.0.epochs=2", "training.optimizer.learning-rate=0.01", "checkpoint.every-steps=7", "training.last-batch=drop",
        ];
        using var workshop = new Workshop();
        using var cluster = new TestCluster(workshop);
        await cluster.StartAsync(0);
        var trainers = new[] { await cluster.AddTrainerAsync(), await cluster.AddTrainerAsync(), await cluster.AddTrainerAsync() };
        await cluster.SubmitAsync([.. settings, "resources.trainers.max=4"]);
        await cluster.UntilStepAsync(5);
        trainers[1].Kill();
        await cluster.UntilStepAsync(9);
        await cluster.AddTrainerAsync();

        var ended = await cluster.EndAsync();
        using var reference = new Workshop();
        var expected = (await reference.Train([.. settings.SelectMany(setting => new[] { "--set", $"experiment.{setting}" })])).Completes();
        Assert.Equal(("completed", expected.Digest), ((string)ended["state"]!, (string)ended["digest"]!));
        Assert.True((int)ended["generation"]! >= 2, $"{ended}");
        Assert.Equal(reference.Run.Metrics.Select(Loss), workshop.Run.Metrics.Select(Loss));
        Assert.Equal(reference.Run.Evaluations.Select(line => line.ToJsonString()), workshop.Run.Evaluations.Select(line => line.ToJsonString()));
        ClusterLedger.HasEverySampleOfEveryEpochOnce(workshop, reference);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_killed_trainer_is_done_without_and_a_new_one_taken_in(int killed)
    {
        using var workshop = new Workshop();
        using var cluster = new TestCluster(workshop);
        await cluster.StartAsync(0);
        var trainers = new[] { await cluster.AddTrainerAsync(), await cluster.AddTrainerAsync(), await cluster.AddTrainerAsync() };
        await cluster.SubmitAsync("resources.trainers.max=4", "training.phases.0.epochs=12");
        await cluster.UntilStepAsync(8);

        trainers[killed - 1].Kill();
        await cluster.AddTrainerAsync();

        using var reference = new Workshop();
        var expected = (await reference.Train("--set", "experiment.training.phases.0.epochs=12")).Completes();
        var ended = await cluster.EndAsync();
        Assert.Equal(("completed", expected.Digest), ((string)ended["state"]!, (string)ended["digest"]!));
        Assert.True((int)ended["generation"]! >= 2, $"{ended}");
        Assert.Equal(reference.Run.Metrics.Select(Loss), workshop.Run.Metrics.Select(Loss));
        Assert.Equal(reference.Run.Evaluations.Select(line => line.ToJsonString()), workshop.Run.Evaluations.Select(line => line.ToJsonString()));
    }

    [Fact]
    public async Task A_killed_coordinator_is_not_missed_by_who_trains()
    {
        using var workshop = new Workshop();
        using var cluster = new TestCluster(workshop);
        await cluster.StartAsync(2);
        await cluster.SubmitAsync("resources.trainers.max=4", "training.phases.0.epochs=30");
        await cluster.UntilStepAsync(8);

        cluster.Head.Kill();
        int at = workshop.Run.StepsOnDisk;
        cluster.StartHead();
        await cluster.UntilStepAsync(at + 20);

        using var reference = new Workshop();
        var expected = (await reference.Train("--set", "experiment.training.phases.0.epochs=30")).Completes();
        var ended = await cluster.EndAsync();
        Assert.Equal(("completed", expected.Digest), ((string)ended["state"]!, (string)ended["digest"]!));
        Assert.Equal(reference.Run.Metrics.Select(Loss), workshop.Run.Metrics.Select(Loss));
        Assert.Equal(reference.Run.Evaluations.Select(line => line.ToJsonString()), workshop.Run.Evaluations.Select(line => line.ToJsonString()));
    }

    private void Ends(JsonObject ended, int trainers)
    {
        Assert.Equal(("completed", undisturbed.Digest), ((string)ended["state"]!, (string)ended["digest"]!));
        Assert.Equal((1, trainers), ((int)ended["generation"]!, (int)ended["trainers"]!));
    }

    /// <summary>By the ledgers of all nodes together; and every node has had a part.</summary>
    private void HasTrainedEverySampleOnce(Workshop workshop, int trainers)
    {
        var ledgers = Directory.GetFiles(workshop.Run.Folder.Path, "ledger*.jsonl").Select(file => File.ReadLines(file).Select(line => JsonNode.Parse(line)!.AsObject()).ToList()).ToList();
        Assert.Equal(trainers, ledgers.Count);
        Assert.All(ledgers, Assert.NotEmpty);
        Assert.Equal(undisturbed.Run.Ledger.Select(Line).Order(StringComparer.Ordinal), ledgers.SelectMany(lines => lines).Select(Line).Order(StringComparer.Ordinal));

        static string Line(JsonObject line) => $"{line["step"]} {line["shard"]} {line["sample"]} {line["crc"]}";
    }

    private static string Loss(JsonObject line) => $"{line["step"]} {line["loss"]} {line["lr"]}";
}
