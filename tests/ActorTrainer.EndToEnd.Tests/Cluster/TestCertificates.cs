using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ActorTrainer.EndToEnd.Tests.Processes;

namespace ActorTrainer.EndToEnd.Tests.Cluster;

/// <summary>An authority and a certificate for 127.0.0.1 and other addresses that it signed, as PEM files.</summary>
internal static class TestCertificates
{
    /// <summary>Writes <c>ca.pem</c>, <c>node.pem</c> and <c>node.key</c> into a folder of the workshop.</summary>
    public static void Write(Workshop workshop, string folder, params ReadOnlySpan<string> addresses)
    {
        var now = TimeProvider.System.GetUtcNow();
        using var root = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN=authority {folder}", root, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var authority = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(2));

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var own = new CertificateRequest("CN=node", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        foreach (string address in addresses) names.AddIpAddress(IPAddress.Parse(address));
        own.CertificateExtensions.Add(names.Build());
        own.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new("1.3.6.1.5.5.7.3.1"), new("1.3.6.1.5.5.7.3.2")], false));
        using var signed = own.Create(authority, now.AddHours(-1), now.AddDays(1), [1, 2, 3]);

        workshop.Write($"{folder}/ca.pem", authority.ExportCertificatePem());
        workshop.Write($"{folder}/node.pem", signed.ExportCertificatePem());
        workshop.Write($"{folder}/node.key", key.ExportPkcs8PrivateKeyPem());
    }
}
