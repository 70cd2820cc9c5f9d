namespace ActorTrainer.Client;

/// <summary>A picture as its file has it: JPEG, PNG, BMP, WebP or GIF. What it is is seen from its bytes. They are held in memory, so that it can be sent again.</summary>
/// <param name="Name">By which the answer calls it; null: it has none.</param>
public sealed record Picture(ReadOnlyMemory<byte> Bytes, string? Name = null)
{
    /// <summary>To the end of the stream.</summary>
    public static async Task<Picture> ReadAsync(Stream stream, string? name = null, CancellationToken cancel = default)
    {
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, cancel).ConfigureAwait(false);
        return new(bytes.ToArray(), name);
    }

    /// <summary>Called as the file is, without its folder.</summary>
    public static async Task<Picture> ReadFileAsync(string file, CancellationToken cancel = default) => new(await File.ReadAllBytesAsync(file, cancel).ConfigureAwait(false), Path.GetFileName(file));
}

/// <summary>How a prediction is to be made.</summary>
public sealed record PredictionOptions
{
    /// <summary>Labels a picture; null: 5.</summary>
    public int? Top { get; init; }

    /// <summary>Within which the answer is of use, at most a minute; null: 10 seconds. What is older is not computed.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>The version that is to answer; null: the one that the model answers with.</summary>
    public string? Version { get; init; }

    /// <summary>While a version is on trial, requests with the same key go to the same version; null: to either.</summary>
    public string? RoutingKey { get; init; }
}
