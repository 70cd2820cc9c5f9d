using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;

namespace ActorTrainer.Client;

/// <summary>Where the service is, and what it takes to be let in.</summary>
public sealed record ClientOptions
{
    /// <summary>The gateways, in the order in which they are asked: see <see cref="ServerAddresses.Parse"/>. One that is gone is left for the next.</summary>
    public required ImmutableArray<Uri> Servers { get; init; }

    /// <summary>The key that the service asks for; null: none. It is sent over HTTPS alone, or to loopback, and shown nowhere.</summary>
    public string? Key { get; init; }

    /// <summary>Who must have signed the servers' certificates; null: an authority that this system trusts. Not used with a <see cref="Handler"/>.</summary>
    public X509Certificate2? Authority { get; init; }

    /// <summary>
    /// For how long what only asks, or may be said twice, is said again to a service that answers 503, as it does while the coordinator moves to another node. Predictions don't wait for it. The default is 60 seconds; zero: the first 503 is the answer.
    /// </summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Told, for a person, what is waited for, and which gateway is left for which.</summary>
    public Action<string>? Notice { get; init; }

    /// <summary>Sends the requests, and stays its owner's; null: one of the client's own.</summary>
    public HttpMessageHandler? Handler { get; init; }

    /// <summary>By which pauses are made.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Without the key.</summary>
    public override string ToString() => string.Join(',', Servers.Select(ServerAddresses.Show));

    /// <summary>Throws <see cref="FormatException"/>, for a person, where no service could be reached so, or the key would be read by others.</summary>
    internal void Check()
    {
        if (Servers.IsDefaultOrEmpty) throw new FormatException("At least one server is needed.");
        foreach (var server in Servers.Select(ServerAddresses.Check))
        {
            if (Key is not null && server is { Scheme: "http", IsLoopback: false }) throw new FormatException($"A key would travel to {server.Host} for all to read: use https.");
        }

        if (Key is not null && Key.Any(c => c is <= ' ' or > '~')) throw new FormatException("The key has characters that no key has.");
    }
}
