using System.Diagnostics;
using System.Text.Json;
using ActorTrainer.Core;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Models;
using ActorTrainer.Transport.Gradients;

namespace ActorTrainer.Transport.Tests.Gradients;

[Collection(CollectiveTests.Name)]
public sealed class GroupMeetingSpec
{
    private static readonly int[] Ends = [2, 4];
    private static readonly Shards Vectors = new(4, 1000, TensorType.Float32, 1);

    public static TheoryData<string, Func<CollectiveGroup, CollectiveGroup>> Differences => new()
    {
        { "start step is", group => group with { Start = new(8) } },
        { "state is", group => group with { StateHash = "another" } },
        { "configuration is", group => group with { ConfigurationHash = "another" } },
        { "fingerprint is", group => group with { Fingerprint = "another" } },
        { "element type is", group => group with { Element = TensorType.Float64 } },
        { "element type is", group => group with { Element = TensorType.BFloat16 } },
        { "logical shards is", group => group with { LogicalShards = 8, Members = [group.Members[0], group.Members[1] with { Own = new(2, 8) }] } },
        { "shards by rank is", group => group with { Members = [group.Members[0] with { Own = new(0, 1) }, group.Members[1] with { Own = new(1, 4) }] } },
    };

    [Theory]
    [MemberData(nameof(Differences))]
    public void Trainers_that_were_told_different_things_refuse_each_other_and_both_say_what_differs(string expected, Func<CollectiveGroup, CollectiveGroup> change)
    {
        foreach (var medium in (Medium[])[Medium.Memory, Medium.Process]) AssertDifference(medium, expected, change);
    }

    private static void AssertDifference(Medium medium, string expected, Func<CollectiveGroup, CollectiveGroup> change)
    {
        using var trainers = Trainers.Create(Ends, medium);
        var failures = trainers.Failures(rank => Connect(trainers.Listeners[rank], rank == 0 ? trainers.Groups[0] : change(trainers.Groups[1])).Dispose());

        for (int rank = 0; rank < 2; rank++)
        {
            var failure = Assert.IsType<ExchangeFailedException>(failures[rank]);
            Assert.Equal(1 - rank, failure.Rank);
            Assert.Contains(expected, failure.Reason, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void An_older_generation_is_refused_and_the_newer_one_meets()
    {
        var reports = new List<string>();
        using var trainers = Trainers.Create(Ends, generation: 5, report: text => { lock (reports) reports.Add(text); });
        trainers.Meet(() => Trainers.Patience);
        var clock = Stopwatch.StartNew();

        // Rank 1 of generation 4: frozen when it began, and awake now.
        using var frozen = Trainers.Listener(Medium.Memory);
        var old = trainers.Groups[1] with { Generation = new(4) };
        var failure = Assert.Throws<ExchangeFailedException>(() => Connect(frozen, old));

        Assert.Equal(0, failure.Rank);
        Assert.Contains("refused", failure.Reason, StringComparison.Ordinal);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        Assert.Contains(reports, text => text.Contains("generation 4 of 'digits' is over: 5", StringComparison.Ordinal));
        AssertSums(trainers);
    }

    [Fact]
    public void An_older_generation_cannot_be_opened_where_a_newer_one_is_known()
    {
        using var trainers = Trainers.Create(Ends, generation: 5);
        trainers.Meet(() => Trainers.Patience);
        Assert.Throws<ExchangeFailedException>(() => Connect(trainers.Listeners[0], trainers.Groups[0] with { Generation = new(4) }));
        Assert.Throws<ExchangeFailedException>(() => Connect(trainers.Listeners[0], trainers.Groups[0]));
    }

    [Theory]
    [InlineData(Medium.Tcp)]
    [InlineData(Medium.Memory)]
    [InlineData(Medium.Process)]
    [InlineData(Medium.Mixed)]
    public async Task A_newer_generation_is_held_until_this_process_has_it(Medium medium)
    {
        using var trainers = Trainers.Create(Ends, medium, generation: 1);
        trainers.Meet(() => Trainers.Patience);
        var next = trainers.Groups.Select(group => group with { Generation = new(2) }).ToArray();
        var early = PeerExchange.ConnectAsync(trainers.Listeners[1], next[1], Trainers.Patience, () => Trainers.Patience);
        await Task.Delay(200);
        Assert.False(early.IsCompleted);
        AssertSums(trainers);       // the old one goes on meanwhile

        using var late = Connect(trainers.Listeners[0], next[0]);
        using var there = await early.WaitAsync(Trainers.Patience);
        var theirs = Task.Run(() => there.Exchange(Vectors.SumsOf(new(2, 4))));
        Assert.Equal(Vectors.Total.Tail, late.Exchange(Vectors.SumsOf(new(0, 2))).Tail);
        await theirs.WaitAsync(Trainers.Patience);
    }

    [Fact]
    public void Who_waits_for_a_peer_that_does_not_come_names_it_when_his_patience_ends()
    {
        using var trainers = Trainers.Create([1, 2, 4]);
        var patience = TimeSpan.FromMilliseconds(300);
        var failure = Assert.Throws<ExchangeFailedException>(() => PeerExchange.Connect(trainers.Listeners[0], trainers.Groups[0], patience, () => patience));
        Assert.Equal(1, failure.Rank);
        Assert.Contains("0.3 s", failure.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_peer_whose_process_is_gone_fails_the_meeting_at_once()
    {
        using var trainers = Trainers.Create(Ends);
        trainers.Listeners[0].Dispose();
        var clock = Stopwatch.StartNew();
        var failure = Assert.Throws<ExchangeFailedException>(() => Connect(trainers.Listeners[1], trainers.Groups[1]));
        Assert.Equal(0, failure.Rank);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task Waiting_for_peers_can_be_cancelled()
    {
        using var trainers = Trainers.Create(Ends);
        using var cancel = new CancellationTokenSource();
        var waiting = PeerExchange.ConnectAsync(trainers.Listeners[0], trainers.Groups[0], Trainers.Patience, () => Trainers.Patience, cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public void Peers_of_one_host_share_memory_and_others_do_not()
    {
        using var near = Trainers.Met(Ends, Medium.Memory);
        Assert.All(near.Exchanges, exchange => Assert.Equal(1, exchange.PeersInSharedMemory));

        using var far = Trainers.Create(Ends, Medium.Memory);
        var elsewhere = far.Groups.Select(group => group with { Members = [.. group.Members.Select(member => member with { Endpoint = member.Endpoint with { HostId = "elsewhere" } })] }).ToArray();
        var exchanges = far.Run(rank => Connect(far.Listeners[rank], elsewhere[rank]));
        Assert.All(exchanges, exchange => Assert.Equal(0, exchange.PeersInSharedMemory));
        foreach (var exchange in exchanges) exchange.Dispose();
    }

    [Fact]
    public void Trainers_of_one_process_talk_without_a_socket_and_to_others_through_shared_memory()
    {
        using var trainers = Trainers.Met([1, 2, 3, 4], Medium.Mixed);
        Assert.All(trainers.Exchanges, exchange => Assert.Equal((1, 2), (exchange.PeersInProcess, exchange.PeersInSharedMemory)));
        AssertSums(trainers);
    }

    [Fact]
    public void A_process_whose_trainers_are_all_needs_no_door()
    {
        var place = MeetingPlace.OfProcess();
        var exchanges = new PeerExchange[2];
        var threads = Enumerable.Range(0, 2).Select(rank => new Thread(() =>
            exchanges[rank] = PeerExchange.Connect(place, Trainers.Group([place.Endpoint, place.Endpoint], Ends, rank), Trainers.Patience, () => Trainers.Patience))).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        Assert.All(exchanges, exchange => Assert.Equal(1, exchange.PeersInProcess));
        foreach (var exchange in exchanges) exchange.Dispose();
    }

    [Fact]
    public void Who_comes_to_a_peer_of_this_process_that_gave_up_fails_at_once()
    {
        using var trainers = Trainers.Create(Ends, Medium.Process);
        var patience = TimeSpan.FromMilliseconds(100);
        Assert.Throws<ExchangeFailedException>(() => PeerExchange.Connect(trainers.Listeners[0], trainers.Groups[0], patience, () => patience));
        var clock = Stopwatch.StartNew();
        var failure = Assert.Throws<ExchangeFailedException>(() => Connect(trainers.Listeners[1], trainers.Groups[1]));
        Assert.Equal(0, failure.Rank);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void Another_key_in_the_same_process_is_refused()
    {
        using var trainers = Trainers.Create(Ends, Medium.Process);
        var patience = TimeSpan.FromSeconds(1);
        var failures = trainers.Failures(rank => PeerExchange.Connect(
            trainers.Listeners[rank], rank == 0 ? trainers.Groups[0] : trainers.Groups[1] with { Key = "guessed"u8.ToArray() }, patience, () => patience).Dispose());
        Assert.All(failures, failure => Assert.IsType<ExchangeFailedException>(failure));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Several_ranks_can_stand_behind_one_listener(bool inProcess)
    {
        using var listener = new CollectiveListener("127.0.0.1", new(InProcess: inProcess), _ => { });
        int[] ends = [1, 3, 4];
        var exchanges = new PeerExchange[3];
        Parallel.For(0, 3, new() { MaxDegreeOfParallelism = 3 }, rank => exchanges[rank] =
            PeerExchange.ConnectAsync(listener, Trainers.Group([listener.Endpoint, listener.Endpoint, listener.Endpoint], ends, rank), Trainers.Patience, () => Trainers.Patience).GetAwaiter().GetResult());
        Assert.All(exchanges, exchange => Assert.Equal(inProcess ? 2 : 0, exchange.PeersInProcess));
        var sums = new double[3];
        var threads = exchanges.Select((exchange, rank) => new Thread(() => sums[rank] = exchange.Exchange(Vectors.SumsOf(exchange.Group.Members[rank].Own)).Tail.Loss)).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        Assert.All(sums, sum => Assert.Equal(Vectors.Total.Tail.Loss, sum));
        foreach (var exchange in exchanges) exchange.Dispose();
    }

    [Fact]
    public void A_group_that_does_not_cover_the_shards_is_refused()
    {
        using var trainers = Trainers.Create(Ends);
        var group = trainers.Groups[0];
        Assert.Throws<ArgumentException>(() => Connect(trainers.Listeners[0], group with { LogicalShards = 8 }));
        Assert.Throws<ArgumentException>(() => Connect(trainers.Listeners[0], group with { Rank = 2 }));
        Assert.Throws<ArgumentException>(() => Connect(trainers.Listeners[0], group with { Key = default }));
        Assert.Throws<ArgumentException>(() => Connect(trainers.Listeners[0], group with { Element = TensorType.Int64 }));
        Assert.Throws<ArgumentException>(() => Connect(trainers.Listeners[0], group with { Members = [group.Members[0], group.Members[1] with { Own = new(1, 4) }] }));
    }

    [Fact]
    public void An_endpoint_goes_through_JSON()
    {
        using var listener = Trainers.Listener(Medium.Memory);
        string json = JsonSerializer.Serialize(listener.Endpoint, CoreJson.Options);
        Assert.Equal(listener.Endpoint, JsonSerializer.Deserialize<CollectiveEndpoint>(json, CoreJson.Options));
    }

    private static PeerExchange Connect(CollectiveListener listener, CollectiveGroup group) => PeerExchange.Connect(listener, group, Trainers.Patience, () => Trainers.Patience);

    private static void AssertSums(Trainers trainers)
    {
        var sums = trainers.Run(rank => trainers.Exchanges[rank].Exchange(Vectors.SumsOf(trainers.Groups[rank].Members[rank].Own)));
        Assert.All(sums, sum => Assert.Equal(Vectors.Total.Tail, sum.Tail));
    }
}
