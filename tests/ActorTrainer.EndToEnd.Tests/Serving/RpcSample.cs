using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;

namespace ActorTrainer.EndToEnd.Tests.Serving;

/// <summary>A gRPC client's trust as docs/serving.md shows it.</summary>
internal static class RpcSample
{
    /// <param name="address">Of a gateway's port for gRPC.</param>
    /// <param name="authority">The file of the one that signed its certificate.</param>
    public static GrpcChannel Connect(string address, string authority)
    {
        // from here
        var trust = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        trust.CustomTrustStore.Add(X509CertificateLoader.LoadCertificateFromFile(authority));
        var channel = GrpcChannel.ForAddress(address, new() { HttpHandler = new SocketsHttpHandler { SslOptions = { CertificateChainPolicy = trust } } });
        // to here
        return channel;
    }
}
