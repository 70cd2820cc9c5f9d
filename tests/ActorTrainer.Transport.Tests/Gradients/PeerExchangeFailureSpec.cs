using System.Diagnostics;
using System.Net.Sockets;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Models;
using ActorTrainer.Transport.Gradients;
using ActorTrainer.Transport.Gradients.Wire;

namespace ActorTrainer.Transport.Tests.Gradients;

[Collection(CollectiveTests.Name)]
public sealed class PeerExchangeFailureSpec
{
    private static readonly Shards Vectors = new(4, 300_000, TensorType.Float32, 1);
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);

    [Theory]
    [InlineData(Medium.Tcp)]
    [InlineData(Medium.Unix)]
    [InlineData(Medium.Memory)]
    [InlineData(Medium.Process)]
    [InlineData(Medium.Mixed)]
    public void A_peer_that_goes_in_the_middle_of_an_exchange_fails_the_others_at_once(Medium medium)
    {
        using var trainers = Trainers.Met([1, 2, 4], medium);
        var clock = Stopwatch.StartNew();
        var failures = trainers.Failures(rank =>
        {
            if (rank == 2) trainers.Exchanges[2].Dispose();
            else Exchange(trainers, rank);
        });

        Assert.Null(failures[2]);
        Assert.All(failures[..2], failure => Assert.IsType<ExchangeFailedException>(failure));
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, Soon);
    }

    [Theory]
    [InlineData(Medium.Tcp)]
    [InlineData(Medium.Memory)]
    [InlineData(Medium.Process)]
    [InlineData(Medium.Mixed)]
    public void A_silent_peer_fails_the_others_after_the_deadline_and_is_named(Medium medium)
    {
        var deadline = TimeSpan.FromMilliseconds(400);
        using var trainers = Trainers.Met([1, 2, 4], medium, deadline: () => deadline);
        var clock = Stopwatch.StartNew();
        var failures = trainers.Failures(rank =>
        {
            if (rank != 1) Exchange(trainers, rank);
        });

        Assert.InRange(clock.Elapsed, deadline, deadline + Soon);
        var named = failures.OfType<ExchangeFailedException>().ToList();
        Assert.Equal(2, named.Count);
        Assert.Contains(named, failure => failure.Rank == 1 && failure.Reason.Contains("silent", StringComparison.Ordinal));
    }

    [Fact]
    public void An_exchange_that_failed_fails_for_ever_with_its_first_reason()
    {
        using var trainers = Trainers.Met([2, 4], deadline: () => TimeSpan.FromMilliseconds(100));
        var first = Assert.Throws<ExchangeFailedException>(() => Exchange(trainers, 0));

        var clock = Stopwatch.StartNew();
        var second = Assert.Throws<ExchangeFailedException>(() => Exchange(trainers, 0));

        Assert.Equal((first.Rank, first.Reason), (second.Rank, second.Reason));
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromMilliseconds(90));
    }

    [Fact]
    public async Task Disposing_from_another_thread_ends_an_exchange_that_waits()
    {
        using var trainers = Trainers.Met([2, 4]);
        using var began = new ManualResetEventSlim();
        var waiting = Task.Run(() =>
        {
            began.Set();
            return Record.Exception(() => Exchange(trainers, 0));
        });
        began.Wait();

        trainers.Exchanges[0].Dispose();

        var failure = Assert.IsType<ExchangeFailedException>(await waiting.WaitAsync(Soon));
        Assert.Equal(0, failure.Rank);
        Assert.Throws<ExchangeFailedException>(() => Exchange(trainers, 0));
    }

    [Fact]
    public void Vectors_of_different_lengths_are_a_failure_that_says_so()
    {
        using var trainers = Trainers.Met([2, 4]);
        var failures = trainers.Failures(rank => trainers.Exchanges[rank].Exchange((Vectors with { Elements = 1000 + rank }).SumsOf(Own(trainers, rank))));

        Assert.Contains(failures, failure => failure is ExchangeFailedException { Reason: var reason } && reason.Contains("4004 bytes", StringComparison.Ordinal) && reason.Contains("4000", StringComparison.Ordinal));
    }

    [Fact]
    public void Sums_of_other_subtrees_are_refused_before_anything_is_sent()
    {
        using var trainers = Trainers.Met([2, 4]);
        Assert.Throws<ArgumentException>(() => trainers.Exchanges[0].Exchange(Vectors.SumsOf(new(2, 4))));

        var sums = trainers.Run(rank => Exchange(trainers, rank));
        Assert.Equal(Vectors.Total.Tail, sums[0].Tail);
    }

    [Fact]
    public void A_process_that_is_killed_fails_its_peer_at_once()
    {
        using var listener = Trainers.Listener(Medium.Memory);
        using var child = ChildProcess.Start(failpoint: null, ChildProcess.Trainer, $"{listener.Endpoint.Host}", $"{listener.Endpoint.Port}", listener.Endpoint.LocalName!);
        var childEndpoint = new CollectiveEndpoint("127.0.0.1", int.Parse(child.StandardOutput.ReadLine()!), null, "");
        using var exchange = PeerExchange.Connect(listener, ChildProcess.TrainerGroup(rank: 0, listener.Endpoint, childEndpoint), Trainers.Patience, () => Trainers.Patience);
        Assert.Equal(1, exchange.PeersInSharedMemory);
        for (int step = 0; step < 3; step++) Assert.Equal(Vectors.Total.Tail, exchange.Exchange(Vectors.SumsOf(new(0, 2))).Tail);

        child.Kill();
        var clock = Stopwatch.StartNew();
        var failure = Assert.IsType<ExchangeFailedException>(Record.Exception(() =>
        {
            for (int step = 0; step < 1000; step++) exchange.Exchange(Vectors.SumsOf(new(0, 2)));
        }));

        Assert.Equal(1, failure.Rank);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, Soon);
        child.WaitForExit();
    }

    public static TheoryData<string> Damages => ["payload", "header", "noise", "generation", "sequence", "length", "negative length", "slot", "kind", "release", "hang up"];

    [Theory]
    [MemberData(nameof(Damages))]
    public void Whatever_a_peer_sends_that_cannot_be_right_fails_the_exchange_and_names_it(string damage)
    {
        var (here, there) = Posix.SocketPair();
        using var exchange = new PeerExchange(Trainers.Group([Somewhere, Somewhere], [2, 4], rank: 0), [new FrameLink(1, new SocketWire(here), generation: 1)], () => Soon);
        using (there)
        {
            Send(there, damage);
            var failure = Assert.Throws<ExchangeFailedException>(() => exchange.Exchange(Vectors.SumsOf(new(0, 2))));
            Assert.Equal(1, failure.Rank);
            Assert.DoesNotContain("silent", failure.Reason, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Bytes_that_trickle_are_no_progress()
    {
        var deadline = TimeSpan.FromMilliseconds(300);
        var (here, there) = Posix.SocketPair();
        using var exchange = new PeerExchange(Trainers.Group([Somewhere, Somewhere], [2, 4], rank: 0), [new FrameLink(1, new SocketWire(here), generation: 1)], () => deadline);
        using var enough = new CancellationTokenSource();
        byte[] frame = new byte[FrameHeader.Size];
        new FrameHeader(FrameKind.Tail, 0, 1, 0, 0, TailFrame.Bytes(1), 0, -1).Write(frame);
        using (there)
        {
            var trickle = Task.Run(async () =>
            {
                foreach (byte one in frame)
                {
                    if (enough.IsCancellationRequested) break;
                    there.Send([one], SocketFlags.None, out _);
                    await Task.Delay(100);
                }
            });
            var clock = Stopwatch.StartNew();
            var failure = Assert.Throws<ExchangeFailedException>(() => exchange.Exchange((Vectors with { Elements = 1000 }).SumsOf(new(0, 2))));
            Assert.Contains("silent", failure.Reason, StringComparison.Ordinal);
            Assert.InRange(clock.Elapsed, deadline, TimeSpan.FromSeconds(3));
            await enough.CancelAsync();
            await trickle.WaitAsync(Soon);
        }
    }

    private static CollectiveEndpoint Somewhere => new("127.0.0.1", 1, null, "");

    private static ShardRange Own(Trainers trainers, int rank) => trainers.Groups[rank].Members[rank].Own;

    private static GradientSum Exchange(Trainers trainers, int rank) => trainers.Exchanges[rank].Exchange(Vectors.SumsOf(Own(trainers, rank)));

    private static void Send(Socket socket, string damage)
    {
        byte[] payload = new byte[TailFrame.Bytes(1)];
        TailFrame.Write(payload, Vectors.Bytes, Vectors.SumsOf(new(2, 4)));
        var right = new FrameHeader(FrameKind.Tail, 0, 1, 0, 0, payload.Length, FrameHeader.Hash(payload), -1);
        byte[] frame = new byte[FrameHeader.Size];
        (damage switch
        {
            "generation" => right with { Generation = 2 },
            "sequence" => right with { Sequence = 1 },
            "length" => right with { Length = int.MaxValue },
            "negative length" => right with { Length = -1 },
            "slot" => right with { Slot = 0 },
            "kind" => right with { Kind = FrameKind.State },
            "release" => right with { Kind = FrameKind.Release, Length = 0 },
            _ => right,
        }).Write(frame);
        if (damage == "payload") payload[^1] ^= 1;
        if (damage == "header") frame[9] ^= 1;
        if (damage == "noise") frame.AsSpan().Fill(0x55);
        if (damage != "hang up") socket.Send([.. frame, .. payload]);
        else socket.Shutdown(SocketShutdown.Both);
    }
}
