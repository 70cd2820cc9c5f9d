using ActorTrainer.Core.Checkpoints;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Models;
using ActorTrainer.Tests.Shared;
using ActorTrainer.Transport.Checkpoints;
using Amazon.S3;
using Amazon.S3.Model;

namespace ActorTrainer.Transport.Tests.Checkpoints;

/// <summary>Against a real server process, over its network protocol.</summary>
public sealed class S3CheckpointStoreSpec(S3CheckpointStoreSpec.Server server) : CheckpointStoreContract, IClassFixture<S3CheckpointStoreSpec.Server>
{
    private const string Prefix = "checkpoints/run";
    private CheckpointStoreLocation.Bucket? _bucket;

    private protected override ICheckpointStore Store => Bucket.Below("run").Open();

    private protected override int Tries => 4;

    private protected override string Location => Bucket.Below("run").ToString();

    private CheckpointStoreLocation.Bucket Bucket => _bucket ??= server.NewBucket();

    private IAmazonS3 Client
    {
        get
        {
            _ = Bucket;
            return server.Client;
        }
    }

    public override void Dispose()
    {
    }

    private protected override byte[] Get(CheckpointId id, string file)
    {
        using var answer = Client.GetObjectAsync(Bucket.Name, Key(id, file)).GetAwaiter().GetResult();
        using var bytes = new MemoryStream();
        answer.ResponseStream.CopyTo(bytes);
        return bytes.ToArray();
    }

    private protected override void Put(CheckpointId id, string file, ReadOnlySpan<byte> bytes)
    {
        using var content = new MemoryStream(bytes.ToArray());
        Client.PutObjectAsync(new() { BucketName = Bucket.Name, Key = Key(id, file), InputStream = content, UseChunkEncoding = false }).GetAwaiter().GetResult();
    }

    private protected override void Remove(CheckpointId id, string file) => Client.DeleteObjectAsync(Bucket.Name, Key(id, file)).GetAwaiter().GetResult();

    private protected override IReadOnlyList<string> Leftovers
    {
        get
        {
            var whole = Store.List();
            return [.. Keys().Where(key => !whole.Any(id => key.StartsWith($"{Prefix}/{id}/", StringComparison.Ordinal))), .. Uploads().Select(upload => upload.Key)];
        }
    }

    [SkippableFact]
    public void What_is_not_ours_is_left_alone()
    {
        Write(1, 10);
        foreach (string key in new[] { "notes", $"{Prefix}/notes.txt", $"{Prefix}/notes/{CheckpointPlacement.Manifest}", $"{Prefix}-2/3-30/{CheckpointPlacement.Weights}" }) PutObject(key);
        Put(New, CheckpointPlacement.Weights, [1]);

        Assert.Equal([Old], Listed);
        Store.Sweep(new(3));

        Assert.Equal([$"{Prefix}-2/3-30/{CheckpointPlacement.Weights}", $"{Prefix}/notes.txt", $"{Prefix}/notes/{CheckpointPlacement.Manifest}", "notes"],
            Keys().Where(key => !key.StartsWith($"{Prefix}/{Old}/", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    [SkippableFact]
    public void A_large_file_travels_in_parts_and_an_unfinished_upload_is_swept()
    {
        var store = InParts(Client);
        var content = Large();
        var stored = store.Write(content, CancellationToken.None);
        Assert.Equal(stored, store.Verify(Old, out _));
        SomeCheckpoint.AssertSame(content, store.Read(Old));
        Assert.EndsWith("-3\"", Client.GetObjectMetadataAsync(Bucket.Name, Key(Old, CheckpointPlacement.Weights)).GetAwaiter().GetResult().ETag, StringComparison.Ordinal);

        Client.InitiateMultipartUploadAsync(Bucket.Name, Key(New, CheckpointPlacement.Weights)).GetAwaiter().GetResult();
        Assert.NotEmpty(Uploads());
        Store.Sweep(new(2));
        Assert.NotEmpty(Uploads());
        store.Sweep(new(3));
        AssertNoLeftovers();
    }

    [SkippableFact]
    public void A_write_cancelled_between_two_parts_leaves_no_trace()
    {
        using var cancel = new CancellationTokenSource();
        using var client = new Hooked(Bucket) { BeforePart = number => { if (number == 2) cancel.Cancel(); } };
        Assert.ThrowsAny<OperationCanceledException>(() => InParts(client).Write(Large(), cancel.Token));
        Assert.Empty(Listed);
        AssertNoLeftovers();
    }

    [SkippableFact]
    public void Of_two_writers_of_one_checkpoint_the_first_to_commit_wins()
    {
        var other = SomeCheckpoint.At(1, 10) with { ConfigurationHash = new('b', 64) };
        using var client = new Hooked(Bucket) { BeforeManifest = () => Store.Write(other, CancellationToken.None) };

        var lost = Assert.Throws<IOException>(() => On(client).Write(SomeCheckpoint.At(1, 10), CancellationToken.None));

        Assert.Contains("another process", lost.Message, StringComparison.Ordinal);
        SomeCheckpoint.AssertSame(other, Store.Read(Old));
    }

    [SkippableFact]
    public void Two_writers_of_the_same_bits_both_have_written_it()
    {
        StoredCheckpoint? first = null;
        using var client = new Hooked(Bucket) { BeforeManifest = () => first = Write(1, 10) };

        Assert.Equal(On(client).Write(SomeCheckpoint.At(1, 10), CancellationToken.None), first);
        AssertNoLeftovers();
    }

    [SkippableFact]
    public void A_commit_whose_answer_got_lost_is_found_by_the_next_attempt()
    {
        using var client = new Hooked(Bucket) { AfterManifest = () => throw new HttpRequestException("the connection broke") };
        Assert.Throws<IOException>(() => On(client).Write(SomeCheckpoint.At(1, 10), CancellationToken.None));
        Assert.Equal([Old], Listed);

        Assert.Equal(Write(1, 10), Store.Verify(Old, out _));
        AssertNoLeftovers();
    }

    [SkippableFact]
    public void A_store_that_does_not_answer_is_an_error_and_no_damage()
    {
        using var client = new Hooked(Bucket with { Endpoint = new("http://127.0.0.1:1") });
        var store = On(client);
        Assert.Throws<IOException>(() => store.Verify(Old, out _));
        Assert.Throws<IOException>(() => store.List());
        Assert.Contains(Bucket.Name, Assert.Throws<IOException>(() => store.Write(SomeCheckpoint.At(1, 10), CancellationToken.None)).Message, StringComparison.Ordinal);
    }

    private S3CheckpointStore On(IAmazonS3 client) => new(client, Bucket.Name, Prefix);

    /// <summary>S3 takes no parts below 5 MiB, but for the last.</summary>
    private S3CheckpointStore InParts(IAmazonS3 client) => new(client, Bucket.Name, Prefix) { PartBytes = 5 << 20 };

    /// <summary>Three parts of weights.</summary>
    private static CheckpointContent Large()
    {
        var small = SomeCheckpoint.At(1, 10);
        byte[] bytes = new byte[11 << 20];
        for (int i = 0; i < bytes.Length; i += 4096) bytes[i] = (byte)(i >> 12);
        return small with { State = small.State with { Weights = [new("large.weight", TensorType.Float32, [bytes.Length / 4], bytes)] } };
    }

    private static string Key(CheckpointId id, string file) => $"{Prefix}/{id}/{file}";

    private IEnumerable<string> Keys() =>
        (Client.ListObjectsV2Async(new() { BucketName = Bucket.Name }).GetAwaiter().GetResult().S3Objects ?? []).Select(o => o.Key);

    private List<MultipartUpload> Uploads() =>
        Client.ListMultipartUploadsAsync(new ListMultipartUploadsRequest { BucketName = Bucket.Name }).GetAwaiter().GetResult().MultipartUploads ?? [];

    private void PutObject(string key) => Client.PutObjectAsync(new() { BucketName = Bucket.Name, Key = key, ContentBody = "x", UseChunkEncoding = false }).GetAwaiter().GetResult();

    /// <summary>The store's client, with something happening at chosen moments. Tries nothing twice.</summary>
    private sealed class Hooked(CheckpointStoreLocation.Bucket bucket) : AmazonS3Client(Settings(bucket))
    {
        public Action<int>? BeforePart { get; init; }
        public Action? BeforeManifest { get; init; }
        public Action? AfterManifest { get; init; }

        public override Task<UploadPartResponse> UploadPartAsync(UploadPartRequest request, CancellationToken cancellationToken = default)
        {
            BeforePart?.Invoke(request.PartNumber!.Value);
            return base.UploadPartAsync(request, cancellationToken);
        }

        public override async Task<PutObjectResponse> PutObjectAsync(PutObjectRequest request, CancellationToken cancellationToken = default)
        {
            bool manifest = request.Key.EndsWith(CheckpointPlacement.Manifest, StringComparison.Ordinal);
            if (manifest) BeforeManifest?.Invoke();
            var answer = await base.PutObjectAsync(request, cancellationToken).ConfigureAwait(false);
            if (manifest) AfterManifest?.Invoke();
            return answer;
        }

        private static AmazonS3Config Settings(CheckpointStoreLocation.Bucket bucket)
        {
            using var client = (AmazonS3Client)bucket.Client();
            var settings = (AmazonS3Config)client.Config;
            settings.MaxErrorRetry = 0;
            return settings;
        }
    }

    /// <summary>One for all tests here, started by the first.</summary>
    public sealed class Server : IDisposable
    {
        private S3Server? _server;
        private IAmazonS3? _client;
        private int _buckets;

        internal IAmazonS3 Client => _client!;

        internal CheckpointStoreLocation.Bucket NewBucket()
        {
            _server ??= S3Server.StartNew();
            var bucket = new CheckpointStoreLocation.Bucket($"bucket-{++_buckets}", "checkpoints", _server.Endpoint, null);
            _client ??= bucket.Client();
            _client.PutBucketAsync(bucket.Name).GetAwaiter().GetResult();
            return bucket;
        }

        public void Dispose()
        {
            _client?.Dispose();
            _server?.Dispose();
        }
    }
}
