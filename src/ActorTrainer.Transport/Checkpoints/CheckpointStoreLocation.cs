using ActorTrainer.Core.Checkpoints;
using Amazon;
using Amazon.Runtime;
using Amazon.S3;

namespace ActorTrainer.Transport.Checkpoints;

/// <summary>
/// Where checkpoints are kept, when not in their run's folder: <c>s3://BUCKET/PREFIX?endpoint=URL&amp;region=NAME</c>, <c>file:///PATH</c> or a path; of all runs, or,
/// with <see cref="Below"/>, of one. It holds no secret: a bucket's credentials come from where the AWS tools look for them (environment, profile, the machine's role).
/// </summary>
public abstract record CheckpointStoreLocation
{
    public const string Variable = "ACTORTRAINER_CHECKPOINTS";

    private CheckpointStoreLocation()
    {
    }

    /// <summary>The store of the run whose place this is.</summary>
    public abstract ICheckpointStore Open();

    /// <summary>Removes all that is in it, for good, of a run that nobody trains.</summary>
    public abstract void Remove();

    /// <summary>A place within this one.</summary>
    public abstract CheckpointStoreLocation Below(string name);

    /// <summary>
    /// The same place, by the way that <paramref name="other"/> names where both are in one bucket: a store can have another address inside a cluster than
    /// outside, and can move.
    /// </summary>
    public virtual CheckpointStoreLocation ReachedAs(CheckpointStoreLocation other) => this;

    /// <summary>As <see cref="Parse"/> reads it.</summary>
    public abstract override string ToString();

    /// <summary>Throws <see cref="FormatException"/>, for a person.</summary>
    public static CheckpointStoreLocation Parse(string text)
    {
        if (text.Length == 0) throw new FormatException("the checkpoint store's location is empty");
        if (!text.Contains("://", StringComparison.Ordinal)) return new Folder(Path.GetFullPath(text));
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri)) throw new FormatException($"'{text}' is no URI");
        if (uri.UserInfo.Length > 0) throw new FormatException("credentials do not belong in a checkpoint store's location: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
        return uri.Scheme switch
        {
            "file" when uri.Host.Length == 0 => new Folder(Path.GetFullPath(uri.LocalPath)),
            "s3" when uri.Host.Length > 0 => BucketOf(uri, text),
            _ => throw new FormatException($"'{text}' is no checkpoint store: s3://BUCKET/PREFIX, file:///PATH or a path is needed"),
        };
    }

    private static Bucket BucketOf(Uri uri, string text)
    {
        var bucket = new Bucket(uri.Host, Uri.UnescapeDataString(uri.AbsolutePath).Trim('/'), null, null);
        foreach (string pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = [.. pair.Split('=', 2).Select(Uri.UnescapeDataString)];
            bucket = parts switch
            {
                ["endpoint", var url] when Uri.TryCreate(url, UriKind.Absolute, out var endpoint) && endpoint.Scheme is "http" or "https" => bucket with { Endpoint = endpoint },
                ["region", { Length: > 0 } region] => bucket with { Region = region },
                _ => throw new FormatException($"'{pair}' in '{text}' is not understood: endpoint=http(s)://HOST:PORT and region=NAME are"),
            };
        }

        return bucket;
    }

    /// <summary>A folder that every node sees under this path: below it one folder a run.</summary>
    /// <param name="Root">Absolute.</param>
    public sealed record Folder(string Root) : CheckpointStoreLocation
    {
        public override ICheckpointStore Open() => new FolderCheckpointStore(Root);

        public override void Remove()
        {
            if (Directory.Exists(Root)) Directory.Delete(Root, recursive: true);
        }

        public override CheckpointStoreLocation Below(string name) => new Folder(Path.Combine(Root, name));

        public override string ToString() => Root;
    }

    /// <summary>A bucket of an S3-compatible store.</summary>
    /// <param name="Prefix">Without slashes at its ends; may be empty.</param>
    /// <param name="Endpoint">Null: AWS itself.</param>
    /// <param name="Region">Null: what the environment says.</param>
    public sealed record Bucket(string Name, string Prefix, Uri? Endpoint, string? Region) : CheckpointStoreLocation
    {
        public override ICheckpointStore Open() => new S3CheckpointStore(Client(), Name, Prefix);

        public override void Remove()
        {
            var store = Open();
            foreach (var id in store.List()) store.Delete(id);
            store.Sweep(new(int.MaxValue));
        }

        public override CheckpointStoreLocation Below(string name) => this with { Prefix = Prefix.Length == 0 ? name : $"{Prefix}/{name}" };

        public override CheckpointStoreLocation ReachedAs(CheckpointStoreLocation other) =>
            other is Bucket { Name: var name } bucket && name == Name ? this with { Endpoint = bucket.Endpoint, Region = bucket.Region } : this;

        public override string ToString()
        {
            string[] query = [.. Endpoint is null ? (string[])[] : [$"endpoint={Endpoint.OriginalString}"], .. Region is null ? (string[])[] : [$"region={Region}"]];
            string path = string.Join('/', Prefix.Split('/').Select(Uri.EscapeDataString));
            return $"s3://{Name}/{path}{(query.Length > 0 ? "?" + string.Join('&', query.Select(Escaped)) : "")}";
        }

        /// <summary>What would end the pair or the query; the rest stays legible.</summary>
        private static string Escaped(string pair) => pair.Replace("%", "%25", StringComparison.Ordinal).Replace("&", "%26", StringComparison.Ordinal).Replace("#", "%23", StringComparison.Ordinal);

        public IAmazonS3 Client()
        {
            var settings = new AmazonS3Config
            {
                RetryMode = RequestRetryMode.Standard, MaxErrorRetry = 5, Timeout = TimeSpan.FromSeconds(60),
                // Other makers' stores do not know the newer checksums; ours are in the manifest.
                RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED, ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            };
            if (Endpoint is not null) (settings.ServiceURL, settings.ForcePathStyle, settings.AuthenticationRegion) = (Endpoint.ToString(), true, Region ?? "us-east-1");
            else if (Region is not null) settings.RegionEndpoint = RegionEndpoint.GetBySystemName(Region);
            return new AmazonS3Client(settings);
        }
    }
}
