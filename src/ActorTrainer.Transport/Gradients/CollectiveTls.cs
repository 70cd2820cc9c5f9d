using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ActorTrainer.Transport.Gradients.Meeting;

namespace ActorTrainer.Transport.Gradients;

/// <summary>
/// Mutual TLS around a TCP connection. The collective talks to one end of a local socket pair and never knows; what goes in there is encrypted and
/// sent on by two copying loops.
/// </summary>
/// <param name="Own">This node's certificate with its private key, for both roles.</param>
/// <param name="Authority">Who must have signed a peer's certificate.</param>
public sealed record CollectiveTls(X509Certificate2 Own, X509Certificate2 Authority)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    internal Socket AsServer(Socket socket, Refusals refusals) => Tunnel(socket, refusals, (tls, cancel) => tls.AuthenticateAsServerAsync(
        new() { ServerCertificate = Own, ClientCertificateRequired = true, RemoteCertificateValidationCallback = Accepts }, cancel));

    internal Socket AsClient(Socket socket, string host, Refusals refusals) => Tunnel(socket, refusals, (tls, cancel) => tls.AuthenticateAsClientAsync(
        new() { TargetHost = host, ClientCertificates = [Own], RemoteCertificateValidationCallback = Accepts }, cancel));

    /// <summary>By the authority and none of the system's. Names are not compared: any node of the cluster may be any peer, and the handshake's key says which group it is in.</summary>
    public bool IsSigned(X509Certificate certificate)
    {
        using var own = new X509Chain();
        own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        own.ChainPolicy.CustomTrustStore.Add(Authority);
        own.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        using var copy = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
        return own.Build(copy);
    }

    private bool Accepts(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) => certificate is not null && IsSigned(certificate);

    [SuppressMessage("Reliability", "CA2000", Justification = "The tunnel disposes what it holds when either end closes.")]
    private static Socket Tunnel(Socket socket, Refusals refusals, Func<SslStream, CancellationToken, Task> authenticate)
    {
        var (near, far) = Posix.SocketPair();
        socket.Blocking = true;     // what a stream asks for; it is read asynchronously
        _ = RunAsync(socket, far, Refusals.AddressOf(socket), refusals, authenticate);
        return near;
    }

    private static async Task RunAsync(Socket socket, Socket far, string address, Refusals refusals, Func<SslStream, CancellationToken, Task> authenticate)
    {
        using var network = new NetworkStream(socket, ownsSocket: true);
        using var local = new NetworkStream(far, ownsSocket: true);
        using var tls = new SslStream(network);
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await authenticate(tls, patience.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is AuthenticationException or IOException or CryptographicException)
        {
            refusals.Add(address, $"no TLS with a certificate of this cluster ({(e.InnerException ?? e).Message.TrimEnd('.')})");
            return;
        }
        catch (OperationCanceledException)
        {
            refusals.Add(address, $"no TLS within {Patience.TotalSeconds:0} s");
            return;
        }

        // Whichever direction ends first, both are over; what the other then throws is the end of its connection.
        var ways = Task.WhenAny(tls.CopyToAsync(local), local.CopyToAsync(tls));
        await (await ways.ConfigureAwait(false)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
