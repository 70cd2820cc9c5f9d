using System.Net;
using System.Net.Sockets;
using System.Text;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Models;
using ActorTrainer.Transport.Gradients;

namespace ActorTrainer.Transport.Tests.Gradients;

/// <summary>Who is no trainer of the group, on the port while it meets and while it trains.</summary>
[Collection(CollectiveTests.Name)]
public sealed class StrangerSpec
{
    private static readonly int[] Ends = [2, 4];
    private static readonly Shards Vectors = new(4, 1000, TensorType.Float32, 1);
    private readonly List<string> _reports = [];

    public static TheoryData<string, string> FirstBytes => new()
    {
        { "random bytes", "\u0017\u0003\u0001 noise" },
        { "a web browser", "GET / HTTP/1.1\r\nHost: trainer\r\n\r\n" },
        { "a hello of noise", "ATRC" + new string('x', 200) },
        { "another version", "ATRC\u0063" + new string('\0', 200) },
    };

    [Theory]
    [MemberData(nameof(FirstBytes))]
    public void Bytes_of_a_stranger_are_answered_with_the_end_of_the_connection_and_reported_once(string who, string bytes)
    {
        using var trainers = Trainers.Create(Ends, Medium.Tcp, report: Report);
        trainers.Meet(() => Trainers.Patience);
        for (int i = 0; i < 3; i++)
        {
            using var stranger = Visit(trainers.Listeners[0]);
            stranger.Send(Encoding.Latin1.GetBytes(bytes));
            Assert.True(IsClosed(stranger), who);
        }

        Assert.Equal(3, trainers.Listeners[0].Refused);
        Assert.Single(_reports);
        AssertSums(trainers);
    }

    [Fact]
    public void One_who_says_nothing_keeps_nobody_waiting()
    {
        using var trainers = Trainers.Create(Ends, Medium.Tcp);
        var silent = Enumerable.Range(0, 20).Select(_ => Visit(trainers.Listeners[0])).ToList();
        trainers.Meet(() => Trainers.Patience);
        AssertSums(trainers);
        silent.ForEach(stranger => stranger.Dispose());
    }

    [Fact]
    public async Task A_wrong_key_is_refused_and_the_right_trainer_still_meets()
    {
        using var trainers = Trainers.Create(Ends, Medium.Tcp, report: Report);
        using var intruder = Trainers.Listener(Medium.Tcp);
        var intrusion = Task.Run(() => Record.Exception(() => PeerExchange.Connect(
            intruder, trainers.Groups[1] with { Key = "a guess"u8.ToArray() }, Trainers.Patience, () => Trainers.Patience)));
        var first = Task.Run(() => PeerExchange.Connect(trainers.Listeners[0], trainers.Groups[0], Trainers.Patience, () => Trainers.Patience));

        Assert.IsType<ExchangeFailedException>(await intrusion);
        Assert.False(first.IsCompleted);
        using var right = PeerExchange.Connect(trainers.Listeners[1], trainers.Groups[1], Trainers.Patience, () => Trainers.Patience);
        using var met = await first;
        Assert.Contains(_reports, text => text.Contains("key", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_handshake_that_was_overheard_is_worth_nothing_in_another_meeting()
    {
        using var trainers = Trainers.Create(Ends, Medium.Tcp, report: Report);
        using var wire = new Wiretap(trainers.Listeners[0].Endpoint.Port);
        var heard = trainers.Groups[1] with { Members = [trainers.Groups[1].Members[0] with { Endpoint = trainers.Listeners[0].Endpoint with { Port = wire.Port } }, trainers.Groups[1].Members[1]] };
        var first = PeerExchange.ConnectAsync(trainers.Listeners[0], trainers.Groups[0], Trainers.Patience, () => Trainers.Patience);
        PeerExchange.Connect(trainers.Listeners[1], heard, Trainers.Patience, () => Trainers.Patience).Dispose();
        (await first).Dispose();
        byte[] overheard = await wire.Heard;
        Assert.True(overheard.Length > 200);

        // The same group meets again behind a door that has never seen it, so that only the nonce stands against the copy.
        using var door = Trainers.Listener(Medium.Tcp, Report);
        using var cancel = new CancellationTokenSource();
        var again = PeerExchange.ConnectAsync(door, trainers.Groups[0], Trainers.Patience, () => Trainers.Patience, cancel.Token);
        using var copy = Visit(door);
        copy.Send(overheard);
        Assert.True(IsClosed(copy));
        Assert.False(again.IsCompleted);
        Assert.Contains(_reports, text => text.Contains("a proof that is not made with the key for this meeting", StringComparison.Ordinal));
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => again);

        // And where the generation has met already, it does not even get a nonce.
        using var late = Visit(trainers.Listeners[0]);
        late.Send(overheard);
        Assert.True(IsClosed(late));
        Assert.Contains(_reports, text => text.Contains("has met in generation 1 already", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_rank_that_is_not_in_the_group_is_a_stranger()
    {
        using var trainers = Trainers.Create(Ends, Medium.Tcp, report: Report);
        using var other = Trainers.Listener(Medium.Tcp);
        var larger = Trainers.Group([trainers.Listeners[0].Endpoint, trainers.Listeners[0].Endpoint, other.Endpoint], [1, 2, 4], rank: 2);
        var first = Task.Run(() => Record.Exception(() => PeerExchange.Connect(trainers.Listeners[0], trainers.Groups[0], TimeSpan.FromSeconds(1), () => Trainers.Patience)));
        Assert.Throws<ExchangeFailedException>(() => PeerExchange.Connect(other, larger, Trainers.Patience, () => Trainers.Patience));
        Assert.Contains("did not come", (await first)!.Message, StringComparison.Ordinal);
        Assert.Contains(_reports, text => text.Contains("rank 2 of 2", StringComparison.Ordinal));
    }

    private void Report(string text)
    {
        lock (_reports) _reports.Add(text);
    }

    private static Socket Visit(CollectiveListener listener)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 4000 };
        socket.Connect(IPAddress.Loopback, listener.Endpoint.Port);
        return socket;
    }

    /// <summary>Reads to the end: an answer may come before it, silence may not.</summary>
    private static bool IsClosed(Socket socket)
    {
        byte[] answer = new byte[256];
        while (true)
        {
            int received = socket.Receive(answer, SocketFlags.None, out var error);
            if (error == SocketError.ConnectionReset || (error == SocketError.Success && received == 0)) return true;
            if (error != SocketError.Success) return false;
        }
    }

    private static void AssertSums(Trainers trainers)
    {
        var sums = trainers.Run(rank => trainers.Exchanges[rank].Exchange(Vectors.SumsOf(trainers.Groups[rank].Members[rank].Own)));
        Assert.All(sums, sum => Assert.Equal(Vectors.Total.Tail, sum.Tail));
    }

    /// <summary>Passes one connection on and keeps what the caller says.</summary>
    private sealed class Wiretap : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly int _to;

        public Wiretap(int to)
        {
            _to = to;
            _listener.Start();
            Heard = ListenAsync();
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;
        public Task<byte[]> Heard { get; }

        public void Dispose() => _listener.Dispose();

        private async Task<byte[]> ListenAsync()
        {
            using var caller = await _listener.AcceptTcpClientAsync();
            using var called = new TcpClient();
            await called.ConnectAsync(IPAddress.Loopback, _to);
            var answers = called.GetStream().CopyToAsync(caller.GetStream());
            using var heard = new MemoryStream();
            byte[] buffer = new byte[4096];
            int count;
            while ((count = await caller.GetStream().ReadAsync(buffer)) > 0)
            {
                heard.Write(buffer, 0, count);
                await called.GetStream().WriteAsync(buffer.AsMemory(0, count));
            }

            return heard.ToArray();
        }
    }
}
