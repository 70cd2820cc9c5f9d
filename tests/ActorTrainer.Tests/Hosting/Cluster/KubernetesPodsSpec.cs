using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ActorTrainer.Hosting.Cluster;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace ActorTrainer.Tests.Hosting.Cluster;

/// <summary>Against a server that answers as the Kubernetes API does.</summary>
public sealed class KubernetesPodsSpec : IDisposable
{
    private readonly TemporaryFolder _account = new();

    public void Dispose() => _account.Dispose();

    [Fact]
    public async Task Pods_that_have_an_address_and_stay_are_found_by_the_pods_own_account()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = Certificate(key);
        await using var api = await StartAsync(certificate, context => context.Request.Headers.Authorization == "Bearer secret" && context.Request.Path == "/api/v1/namespaces/birds/pods"
            && context.Request.Query["labelSelector"] == "app=x" ? Results.Text("""
                { "items": [
                  { "metadata": {}, "status": { "phase": "Running", "podIP": "10.0.0.2" } },
                  { "metadata": {}, "status": { "phase": "Pending", "podIP": "10.0.0.1" } },
                  { "metadata": {}, "status": { "phase": "Pending" } },
                  { "metadata": {}, "status": { "phase": "Failed", "podIP": "10.0.0.3" } },
                  { "metadata": { "deletionTimestamp": "2026-01-01T00:00:00Z" }, "status": { "phase": "Running", "podIP": "10.0.0.4" } }
                ] }
                """) : Results.StatusCode(403));
        File.WriteAllText(_account["token"], "secret\n");
        File.WriteAllText(_account["namespace"], "birds");
        File.WriteAllText(_account["ca.crt"], certificate.ExportCertificatePem());
        var discovery = new KubernetesPods("app=x", 2) { Account = _account.Path, Server = new Uri(api.Urls.Single()).Authority };

        Assert.Equal(["10.0.0.2:4053", "10.0.0.1:4053"], await discovery.FindAsync(4053, CancellationToken.None));
        await Assert.ThrowsAsync<IOException>(() => (discovery with { Label = "app=y" }).FindAsync(4053, CancellationToken.None));

        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var stranger = Certificate(other);
        File.WriteAllText(_account["ca.crt"], stranger.ExportCertificatePem());
        await Assert.ThrowsAsync<IOException>(() => discovery.FindAsync(4053, CancellationToken.None));
    }

    private static async Task<WebApplication> StartAsync(X509Certificate2 certificate, Func<HttpContext, IResult> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate)));
        var api = builder.Build();
        api.MapGet("/{**path}", answer);
        await api.StartAsync();
        return api;
    }

    private static X509Certificate2 Certificate(ECDsa key)
    {
        var now = TimeProvider.System.GetUtcNow();
        var request = new CertificateRequest("CN=api", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }
}
