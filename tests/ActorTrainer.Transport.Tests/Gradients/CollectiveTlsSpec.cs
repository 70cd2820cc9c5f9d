using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Models;
using ActorTrainer.Transport.Gradients;

namespace ActorTrainer.Transport.Tests.Gradients;

[Collection(CollectiveTests.Name)]
public sealed class CollectiveTlsSpec : IDisposable
{
    private static readonly int[] Ends = [1, 3, 4];
    private readonly X509Certificate2 _authority = Authority("cluster");
    private readonly List<IDisposable> _owned = [];
    private readonly List<string> _reports = [];

    public void Dispose()
    {
        _owned.ForEach(one => one.Dispose());
        _authority.Dispose();
    }

    [Fact]
    public async Task Trainers_with_certificates_of_one_authority_sum_and_share_over_TLS()
    {
        var listeners = Enumerable.Range(0, 3).Select(_ => Listener(_authority, _authority)).ToArray();
        var endpoints = listeners.Select(listener => listener.Endpoint).ToArray();
        var shards = new Shards(4, 200_003, TensorType.Float32, 4);
        var sums = await Task.WhenAll(Enumerable.Range(0, 3).Select(async rank =>
        {
            using var exchange = await PeerExchange.ConnectAsync(listeners[rank], Trainers.Group(endpoints, Ends, rank), Trainers.Patience, () => Trainers.Patience);
            Assert.Equal(0, exchange.PeersInSharedMemory);
            var own = shards.SumsOf(exchange.Group.Members[rank].Own);
            return await Task.Factory.StartNew(() => exchange.Exchange(own), TaskCreationOptions.LongRunning);
        }));
        Assert.All(sums, sum => Assert.True(sum.Values.Span.SequenceEqual(shards.Total.Values.Span)));
    }

    [Fact]
    public void A_certificate_of_another_authority_is_refused_by_both()
    {
        using var other = Authority("another cluster");
        var (here, there) = (Listener(_authority, _authority), Listener(other, other));
        CollectiveEndpoint[] endpoints = [here.Endpoint, there.Endpoint];
        var clock = Stopwatch.StartNew();
        var failure = Assert.Throws<ExchangeFailedException>(() => PeerExchange.Connect(there, Trainers.Group(endpoints, [2, 4], rank: 1), Trainers.Patience, () => Trainers.Patience));
        Assert.Equal(0, failure.Rank);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(8));
        Assert.True(SpinWait.SpinUntil(() => here.Refused > 0, TimeSpan.FromSeconds(5)));
        lock (_reports) Assert.Contains(_reports, text => text.Contains("no TLS with a certificate of this cluster", StringComparison.Ordinal));
    }

    [Fact]
    public void Who_speaks_no_TLS_is_refused()
    {
        var listener = Listener(_authority, _authority);
        using var plain = Trainers.Listener(Medium.Tcp);
        Assert.Throws<ExchangeFailedException>(() => PeerExchange.Connect(
            plain, Trainers.Group([listener.Endpoint, plain.Endpoint], [2, 4], rank: 1), Trainers.Patience, () => Trainers.Patience));
        using var stranger = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 5000 };
        stranger.Connect(IPAddress.Loopback, listener.Endpoint.Port);
        stranger.Send("GET / HTTP/1.1\r\n\r\n"u8);
        byte[] alert = new byte[64];
        while (stranger.Receive(alert, SocketFlags.None, out var error) > 0) Assert.Equal(SocketError.Success, error);
        Assert.True(SpinWait.SpinUntil(() => listener.Refused == 2, TimeSpan.FromSeconds(5)));
    }

    private CollectiveListener Listener(X509Certificate2 issuer, X509Certificate2 trusted)
    {
        var own = Node(issuer);
        var listener = new CollectiveListener("127.0.0.1", new(UnixSockets: false, SharedMemory: false, new CollectiveTls(own, trusted)), text =>
        {
            lock (_reports) _reports.Add(text);
        });
        _owned.Add(listener);
        _owned.Add(own);
        return listener;
    }

    private static X509Certificate2 Authority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        return request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
    }

    private static X509Certificate2 Node(X509Certificate2 issuer)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=trainer", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new("1.3.6.1.5.5.7.3.1"), new("1.3.6.1.5.5.7.3.2")], critical: false));
        using var signed = request.Create(issuer, TimeProvider.System.GetUtcNow().AddHours(-1), TimeProvider.System.GetUtcNow().AddHours(1), RandomNumberGenerator.GetBytes(8));
        return signed.CopyWithPrivateKey(key);
    }
}
