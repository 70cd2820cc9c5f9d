namespace ActorTrainer.Benchmarks.Hostile;

/// <summary>What is sent. Headers go out as they are, valid or not.</summary>
/// <param name="Target">Path and query.</param>
internal sealed record HostileRequest(string Method, string Target, byte[]? Body = null, string? ContentType = null, params (string Name, string Value)[] Headers)
{
    /// <summary>Sent to a socket instead, byte by byte as they stand; null: by a well-behaved client.</summary>
    public byte[]? Raw { get; init; }

    public override string ToString() => Raw is null ? $"{Method} {Target} ({ContentType ?? "no type"}, {Body?.Length ?? 0} bytes)" : $"{Raw.Length} bytes to a socket";
}
