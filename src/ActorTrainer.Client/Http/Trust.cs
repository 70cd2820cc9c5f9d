using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace ActorTrainer.Client.Http;

/// <summary>The connections of a client that brings none of its own.</summary>
internal static class Trust
{
    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(10);

    /// <summary>An upload is sent when the server has looked at its head and wants it; one that never says so is sent it all the same.</summary>
    private static readonly TimeSpan ContinuePatience = TimeSpan.FromSeconds(10);

    /// <param name="authority">Who must have signed the server's certificate; null: one that this system trusts.</param>
    public static SocketsHttpHandler Handler(X509Certificate2? authority)
    {
        var handler = new SocketsHttpHandler { ConnectTimeout = ConnectPatience, Expect100ContinueTimeout = ContinuePatience, AllowAutoRedirect = false, UseCookies = false };
        if (authority is not null) handler.SslOptions = new() { RemoteCertificateValidationCallback = (_, certificate, _, errors) => IsSigned(certificate, authority, errors) };
        return handler;
    }

    /// <summary>By the cluster's authority, for the name that was asked for.</summary>
    private static bool IsSigned(X509Certificate? certificate, X509Certificate2 authority, SslPolicyErrors errors)
    {
        if (certificate is null || errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)) return false;
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        using var copy = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
        return chain.Build(copy);
    }
}
