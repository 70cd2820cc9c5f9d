using ActorTrainer.EndToEnd.Tests.Cluster;
using ActorTrainer.EndToEnd.Tests.Processes;
using ActorTrainer.Tests.Shared;
using ActorTrainer.Transport.Checkpoints;
using Amazon.S3;

namespace ActorTrainer.EndToEnd.Tests.Storage;

/// <summary>Checkpoints in a bucket of an S3 server: nothing else changes.</summary>
[Collection(ProcessTests.Name)]
public sealed class BucketSpec(Undisturbed undisturbed, BucketSpec.Server server) : IClassFixture<BucketSpec.Server>
{
    [SkippableFact]
    public async Task A_run_gives_the_digest_that_it_gives_on_a_disk_and_every_command_finds_its_checkpoints()
    {
        var (place, client) = server.NewBucket();
        using var workshop = new Workshop { Checkpoints = place.ToString() };
        foreach (string failpoint in new[] { "checkpoint.weights-written#1", "checkpoint.renamed#2", "checkpoint.committed#3" })
            (await workshop.TrainUpTo(failpoint)).Returns(EndedProgram.Killed);

        Assert.Equal(undisturbed.Digest, (await workshop.Train()).Completes().Digest);
        Assert.False(Directory.Exists(workshop.Run.Folder.CheckpointFolder));
        Assert.Equal(undisturbed.Run.Evaluations.Select(line => line.ToJsonString()), workshop.Run.Evaluations.Select(line => line.ToJsonString()));

        // The journal says where they are, and the setting no more than how the bucket is reached.
        workshop.Checkpoints = null;
        Assert.Equal(undisturbed.Digest, (await workshop.Ask("digest", Workshop.Tiny)).Completes().Output.Trim());
        Assert.StartsWith("s3://" + place.Name, (string)(await workshop.Ask("show", Workshop.Tiny, "--json")).Completes().Lines[0]["checkpoint_store"]!, StringComparison.Ordinal);
        (await workshop.Ask("predict", Workshop.Tiny, $"{Workshop.Digits}/test/0", "--json")).Completes();
        (await workshop.Ask("export", Workshop.Tiny, "tiny.safetensors")).Completes();
        Assert.Equal(undisturbed.Digest, (await workshop.Train()).Completes().Digest);

        (await workshop.Train("--from", Workshop.Tiny, "--set", "experiment.name=longer", "--set", "experiment.training.phases.0.epochs=5")).Completes();
        Assert.NotEmpty(workshop["longer"].Checkpoints);        // in its folder: it began without the setting
        (await workshop.Train("--fresh", "--yes", "--set", "experiment.training.phases.0.epochs=1")).Completes();
        (await workshop.Ask("digest", $"{Workshop.Tiny}.1")).Completes();
        Assert.NotEmpty(await Keys(place, client));
        (await workshop.Ask("prune", "--yes")).Completes();
        Assert.Empty(await Keys(place, client));
    }

    [SkippableFact]
    public async Task A_cluster_gives_the_digest_of_one_process()
    {
        var (place, client) = server.NewBucket();
        using var workshop = new Workshop { Checkpoints = place.ToString() };
        using var cluster = new TestCluster(workshop);
        await cluster.StartAsync(2);
        await cluster.SubmitAsync("resources.trainers.max=4");

        var ended = await cluster.EndAsync();
        Assert.Equal(("completed", undisturbed.Digest), ((string)ended["state"]!, (string)ended["digest"]!));
        Assert.False(Directory.Exists(workshop.Run.Folder.CheckpointFolder));
        (await workshop.Ask("remove", Workshop.Tiny, "--yes")).Completes();
        Assert.Empty(await Keys(place, client));
    }

    [Fact]
    public async Task A_place_that_is_none_or_does_not_answer_is_named()
    {
        using var workshop = new Workshop { Checkpoints = "ftp://host/x" };
        (await workshop.Train()).Refuses(2, CheckpointStoreLocation.Variable, "ftp://host/x");
        Assert.False(Directory.Exists(workshop.Run.Folder.Path));
    }

    private static async Task<IEnumerable<string>> Keys(CheckpointStoreLocation.Bucket place, IAmazonS3 client) =>
        ((await client.ListObjectsV2Async(new() { BucketName = place.Name })).S3Objects ?? []).Select(found => found.Key);

    /// <summary>One for all tests here, started by the first.</summary>
    public sealed class Server : IDisposable
    {
        private S3Server? _server;
        private int _buckets;

        internal (CheckpointStoreLocation.Bucket, IAmazonS3) NewBucket()
        {
            _server ??= S3Server.StartNew();
            var bucket = new CheckpointStoreLocation.Bucket($"bucket-{++_buckets}", "checkpoints", _server.Endpoint, null);
            var client = bucket.Client();
            client.PutBucketAsync(bucket.Name).GetAwaiter().GetResult();
            return (bucket, client);
        }

        public void Dispose() => _server?.Dispose();
    }
}
