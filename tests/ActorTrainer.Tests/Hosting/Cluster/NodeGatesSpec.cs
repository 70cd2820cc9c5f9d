using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ActorTrainer.Actors.Coordination;
using ActorTrainer.Actors.Journal;
using ActorTrainer.Api;
using ActorTrainer.Hosting;
using ActorTrainer.Hosting.Cluster;
using ActorTrainer.Tests.Commands;
using ActorTrainer.Transport.Gradients;

namespace ActorTrainer.Tests.Hosting.Cluster;

public sealed class NodeGatesSpec
{
    private static readonly RunsFolder File = new("/runs");

    private static NodeSettings Node(string host, params string[] roles) => new(host, 4053, 4080, [.. roles], [], File);

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    [InlineData("localhost")]
    public void Loopback_needs_neither_keys_nor_certificates(string host) => Assert.Null(NodeGates.Refusal(Node(host, NodeRoles.Coordinator, NodeRoles.Gateway)));

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("10.0.0.2")]
    [InlineData("::")]
    [InlineData("no-such-host.invalid")]
    public void Elsewhere_every_node_needs_certificates_and_a_gateway_keys_too(string host)
    {
        Assert.Contains("node.tls", NodeGates.Refusal(Node(host, NodeRoles.Trainer)), StringComparison.Ordinal);
        using var authority = Certificates.Authority();
        using var own = Certificates.Signed(authority);
        var secured = Node(host, NodeRoles.Gateway) with { Tls = new CollectiveTls(own, authority) };
        Assert.Contains("--new-key", NodeGates.Refusal(secured), StringComparison.Ordinal);
        Assert.Null(NodeGates.Refusal(secured with { Keys = [new(ApiScope.Read, new string('a', 64))] }));
        Assert.Null(NodeGates.Refusal(secured with { Roles = [NodeRoles.Trainer] }));
    }

    [Fact]
    public void A_second_coordinator_needs_a_journal_that_is_shared()
    {
        var second = Node("127.0.0.1", NodeRoles.Coordinator) with { Seeds = ["127.0.0.1:4054"] };
        Assert.Contains("PostgreSQL", NodeGates.Refusal(second), StringComparison.Ordinal);
        Assert.Null(NodeGates.Refusal(second with { Seeds = ["127.0.0.1:4053"] }));
        Assert.Null(NodeGates.Refusal(second with { Roles = [NodeRoles.Trainer] }));
        Assert.Null(NodeGates.Refusal(second with { Runs = File with { Journal = JournalLocation.Parse("postgres://user:word@host/base") } }));
    }

    [Fact]
    public async Task A_node_that_others_could_reach_is_refused_at_its_start()
    {
        var result = await Invocation.Of("node", "--host", IPAddress.Any.ToString(), "--runs", Path.Combine(Path.GetTempPath(), "not-made"));
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("needs TLS", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_new_key_is_printed_once_with_the_line_that_knows_it_by_its_hash()
    {
        var result = await Invocation.Of("node", "--new-key", "submit");
        string key = result.Output.Trim();
        Assert.Equal(0, result.ExitCode);
        Assert.Contains($"{{ scope = submit, sha256 = \"{ApiKey.HashOf(key)}\" }}", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(key, result.Error, StringComparison.Ordinal);
        Assert.Equal(2, (await Invocation.Of("node", "--new-key", "all")).ExitCode);
    }

    [Fact]
    public async Task Certificates_of_another_authority_are_refused()
    {
        using var folder = new TemporaryFolder();
        using var authority = Certificates.Authority();
        using var stranger = Certificates.Authority();
        using var own = Certificates.Signed(authority);
        await System.IO.File.WriteAllTextAsync($"{folder.Path}/own.pem", own.ExportCertificatePem());
        await System.IO.File.WriteAllTextAsync($"{folder.Path}/own.key", own.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        await System.IO.File.WriteAllTextAsync($"{folder.Path}/ca.pem", authority.ExportCertificatePem());
        await System.IO.File.WriteAllTextAsync($"{folder.Path}/other.pem", stranger.ExportCertificatePem());
        Assert.True(NodeCertificates.Load($"{folder.Path}/own.pem", $"{folder.Path}/own.key", $"{folder.Path}/ca.pem").Own.HasPrivateKey);
        Assert.Contains("not signed by", Assert.Throws<FormatException>(() => NodeCertificates.Load($"{folder.Path}/own.pem", $"{folder.Path}/own.key", $"{folder.Path}/other.pem")).Message, StringComparison.Ordinal);
        Assert.Contains("can't be read", Assert.Throws<FormatException>(() => NodeCertificates.Load($"{folder.Path}/own.pem", $"{folder.Path}/none.key", $"{folder.Path}/ca.pem")).Message, StringComparison.Ordinal);
    }

    private static class Certificates
    {
        private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

        public static X509Certificate2 Authority()
        {
            var request = new CertificateRequest("CN=authority", ECDsa.Create(ECCurve.NamedCurves.nistP256), HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            return request.CreateSelfSigned(Now.AddDays(-1), Now.AddDays(2));
        }

        public static X509Certificate2 Signed(X509Certificate2 authority)
        {
            var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest("CN=node", key, HashAlgorithmName.SHA256);
            using var certificate = request.Create(authority, Now.AddHours(-1), Now.AddDays(1), [1, 2, 3]);
            return certificate.CopyWithPrivateKey(key);
        }
    }
}
