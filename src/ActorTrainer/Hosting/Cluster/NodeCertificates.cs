using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ActorTrainer.Transport.Gradients;
using Akka.Actor.Setup;
using Akka.Remote.Transport.DotNetty;

namespace ActorTrainer.Hosting.Cluster;

/// <summary>Mutual TLS from three PEM files: the same for remoting, the collective and HTTP (where clients need no certificate but a key).</summary>
internal static class NodeCertificates
{
    /// <summary>Throws <see cref="FormatException"/>, for a person.</summary>
    public static CollectiveTls Load(string certificate, string key, string authority)
    {
        var own = Read(certificate, () =>
        {
            // A key that was read from PEM is not everywhere one that a TLS server can use; one from a key store in memory is.
            using var pem = X509Certificate2.CreateFromPemFile(certificate, key);
            return X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
        });
        var root = Read(authority, () => X509Certificate2.CreateFromPem(File.ReadAllText(authority)));
        var tls = new CollectiveTls(own, root);
        return tls.IsSigned(own) ? tls
            : throw new FormatException($"The certificate {certificate} is not signed by {authority}, or is not valid now ({own.NotBefore:yyyy-MM-dd} to {own.NotAfter:yyyy-MM-dd}).");
    }

    /// <summary>Names are not compared: any node of the cluster may be any peer.</summary>
    public static Setup ForRemoting(CollectiveTls tls) => new DotNettySslSetup(tls.Own, suppressValidation: false, requireMutualAuthentication: true,
        validateCertificateHostname: false, (certificate, _, _, _, _) => certificate is not null && tls.IsSigned(certificate));

    private static X509Certificate2 Read(string file, Func<X509Certificate2> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new FormatException($"The certificate {file} can't be read: {e.Message}", e);
        }
    }
}
