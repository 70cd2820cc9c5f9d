using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using ActorTrainer.Actors.Hosting;

namespace ActorTrainer.Hosting.Cluster;

/// <summary>Nodes are pods of the own namespace, by their IPs, as the Kubernetes API lists them; their port is that of this node. Pods come up one after the other.</summary>
/// <param name="Label">As <c>name=value</c>.</param>
internal sealed record KubernetesPods(string Label, int Required) : NodeDiscovery(Required, TimeSpan.FromSeconds(3))
{
    /// <summary>Where Kubernetes puts what a pod needs to ask its API.</summary>
    public string Account { get; init; } = "/var/run/secrets/kubernetes.io/serviceaccount";

    /// <summary>Host and port of the API.</summary>
    public string Server { get; init; } = $"{Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_HOST")}:{Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_PORT")}";

    public override async Task<IReadOnlyList<string>> FindAsync(int port, CancellationToken cancel)
    {
        try
        {
            var pods = JsonNode.Parse(await AskAsync(cancel).ConfigureAwait(false))?["items"]?.AsArray() ?? [];
            return [.. pods.OfType<JsonObject>().Where(IsThere).Select(pod => $"{pod["status"]!["podIP"]}:{port}")];
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or UnauthorizedAccessException or CryptographicException or JsonException or UriFormatException)
        {
            throw new IOException($"the Kubernetes API at {Server}: {e.GetBaseException().Message}", e);
        }
    }

    private async Task<string> AskAsync(CancellationToken cancel)
    {
        // Read each time: Kubernetes renews the token.
        string token = await File.ReadAllTextAsync(Path.Combine(Account, "token"), cancel).ConfigureAwait(false);
        string space = await File.ReadAllTextAsync(Path.Combine(Account, "namespace"), cancel).ConfigureAwait(false);
        using var authority = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(Account, "ca.crt"));
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.CertificateChainPolicy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, CustomTrustStore = { authority } };
        using var client = new HttpClient(handler) { DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", token.Trim()) } };
        return await client.GetStringAsync($"https://{Server}/api/v1/namespaces/{space.Trim()}/pods?labelSelector={Uri.EscapeDataString(Label)}", cancel).ConfigureAwait(false);
    }

    /// <summary>It has an address, and is not on its way out.</summary>
    private static bool IsThere(JsonObject pod) =>
        pod["status"]?["podIP"] is not null && pod["status"]?["phase"]?.ToString() is "Pending" or "Running" && pod["metadata"]?["deletionTimestamp"] is null;
}
