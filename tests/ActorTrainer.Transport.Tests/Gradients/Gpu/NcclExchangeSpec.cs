using System.Diagnostics;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Models;
using ActorTrainer.Transport.Gradients;
using ActorTrainer.Transport.Gradients.Gpu;

namespace ActorTrainer.Transport.Tests.Gradients.Gpu;

[Collection(CollectiveTests.Name)]
public sealed class NcclExchangeSpec
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);

    public static TheoryData<int[]> Cuts => new([4, 8], [1, 8], [7, 8], [3, 8], [2, 4, 8], [3, 6, 8], [5, 6, 8], [1, 4, 7, 8], [1, 2, 3, 4, 5, 6, 7, 8]);

    [Theory]
    [MemberData(nameof(Cuts))]
    public void Every_cut_of_the_shards_gives_the_bits_of_one_trainer(int[] ends)
    {
        foreach (var element in (TensorType[])[TensorType.Float32, TensorType.Float64])
        {
            foreach (int elements in (int[])[0, 1, 17, 20_011])
            {
                using var gpus = new Gpus(ends, element);
                for (int step = 0; step < 2; step++) gpus.AssertSameBits(new(8, elements, element, (ulong)(step + 5)));
            }
        }
    }

    [Fact]
    public void Each_step_is_two_groups_and_the_communicator_is_made_once()
    {
        using var gpus = new Gpus([2, 4]);
        var shards = new Shards(4, 1000, TensorType.Float32, 1);
        gpus.AssertSameBits(shards);
        gpus.AssertSameBits(shards);
        string[] step = ["group", "send", "receive", "end", "group", "send", "receive", "end"];
        Assert.All(gpus.Nccl, nccl => Assert.Equal(["begin", .. step, .. step], nccl.Calls));

        gpus.Dispose();
        Assert.All(gpus.Nccl, nccl => Assert.Contains(nccl.Calls[^1], (string[])["destroy", "abort"]));
        Assert.All(gpus.Nccl, nccl => Assert.Single(nccl.Calls, call => call is "destroy" or "abort"));
    }

    [Fact]
    public void Vectors_of_another_length_follow_as_in_another_phase()
    {
        using var gpus = new Gpus([1, 3, 4]);
        foreach (int elements in (int[])[5000, 20, 70_000]) gpus.AssertSameBits(new(4, elements, TensorType.Float32, 2));
    }

    [Fact]
    public void A_device_that_delivers_nothing_fails_all_after_the_deadline_and_the_communicators_are_aborted()
    {
        var deadline = TimeSpan.FromMilliseconds(300);
        using var gpus = new Gpus([2, 4], deadline: deadline);
        foreach (var nccl in gpus.Nccl) nccl.IsStuck = true;
        var clock = Stopwatch.StartNew();
        var failures = gpus.Failures();

        Assert.InRange(clock.Elapsed, deadline, deadline + Soon);
        Assert.All(failures, failure => Assert.IsType<ExchangeFailedException>(failure));
        Assert.Contains(failures, failure => failure!.Message.Contains("within 0.3 s", StringComparison.Ordinal));
        Assert.All(gpus.Nccl, nccl => Assert.Equal("abort", nccl.Calls[^1]));
        Assert.All(gpus.Failures(), failure => Assert.IsType<ExchangeFailedException>(failure));      // for good
    }

    [Fact]
    public void A_trainer_that_dies_while_NCCL_moves_fails_the_others_long_before_the_deadline()
    {
        using var gpus = new Gpus([1, 2, 4]);
        foreach (var nccl in gpus.Nccl) nccl.IsStuck = true;
        gpus.Cudas[2].Failure = new InvalidOperationException("The GPU has failed (CUDA error 719)");
        gpus.Nccl[2].IsStuck = false;
        gpus.Nccl[2].Next = NcclResult.UnhandledCudaError;
        var clock = Stopwatch.StartNew();
        var failures = gpus.Failures();

        Assert.InRange(clock.Elapsed, TimeSpan.Zero, Soon);
        Assert.Contains("UnhandledCudaError", failures[2]!.Message, StringComparison.Ordinal);
        Assert.All(failures[..2], failure => Assert.IsType<ExchangeFailedException>(failure));
        Assert.All(gpus.Nccl, nccl => Assert.Equal("abort", nccl.Calls[^1]));
    }

    [Fact]
    public void A_group_in_which_something_is_refused_is_ended_before_the_communicator_is_aborted()
    {
        using var gpus = new Gpus([2, 4]);
        gpus.Nccl[1].Answer = NcclResult.RemoteError;
        var failures = gpus.Failures();

        Assert.Contains("RemoteError", failures[1]!.Message, StringComparison.Ordinal);
        Assert.IsType<ExchangeFailedException>(failures[0]);
        Assert.Equal(["group", "send", "end", "abort"], gpus.Nccl[1].Calls[^4..]);
    }

    [Fact]
    public async Task Disposing_from_another_thread_ends_an_exchange_that_waits()
    {
        using var gpus = new Gpus([2, 4]);
        foreach (var nccl in gpus.Nccl) nccl.IsStuck = true;
        var waiting = Task.Run(gpus.Failures);
        await Task.Delay(200);
        Assert.False(waiting.IsCompleted);

        ((IDisposable)gpus.Exchanges[0]).Dispose();

        Assert.All(await waiting.WaitAsync(Soon), failure => Assert.IsType<ExchangeFailedException>(failure));
        Assert.Equal("abort", gpus.Nccl[0].Calls[^1]);
    }

    [Fact]
    public void Who_is_done_may_go_before_the_others_have_noticed()
    {
        for (int round = 0; round < 5; round++)
        {
            using var gpus = new Gpus([1, 2, 4]);
            Assert.All(gpus.Failures(thenDispose: true), Assert.Null);
        }
    }

    [Fact]
    public void Where_one_trainer_cannot_all_use_their_connections_and_say_who_and_why()
    {
        using var gpus = new Gpus([1, 2, 4], reason: rank => rank == 1 ? "libnccl.so.2 can't be loaded" : null);
        Assert.All(gpus.Exchanges, exchange => Assert.IsType<PeerExchange>(exchange));
        Assert.All(gpus.Reports, report => Assert.Contains("trainer 1: libnccl.so.2 can't be loaded", report, StringComparison.Ordinal));
        Assert.All(gpus.Nccl, nccl => Assert.Empty(nccl.Calls));
    }

    [Fact]
    public void Two_trainers_of_one_GPU_use_their_connections()
    {
        using var gpus = new Gpus([2, 4], id: _ => Guid.Empty);
        Assert.All(gpus.Exchanges, exchange => Assert.IsType<PeerExchange>(exchange));
        Assert.All(gpus.Reports, report => Assert.Contains("share a GPU", report, StringComparison.Ordinal));
    }

    [Fact]
    public void Who_is_told_to_use_TCP_needs_no_library_and_all_follow()
    {
        using var gpus = new Gpus([2, 4], transport: rank => rank == 0 ? GpuTransport.Tcp : GpuTransport.Auto);
        Assert.All(gpus.Exchanges, exchange => Assert.IsType<PeerExchange>(exchange));
        Assert.Single(gpus.Reports);
    }

    [Fact]
    public void Who_asks_for_NCCL_fails_where_a_peer_has_none()
    {
        var failure = Assert.IsType<AggregateException>(Record.Exception(() => new Gpus([2, 4], transport: _ => GpuTransport.Nccl, reason: rank => rank == 0 ? "no driver" : null).Dispose()));
        Assert.All(failure.Flatten().InnerExceptions, one => Assert.Contains("trainer 0: no driver", Assert.IsType<ExchangeFailedException>(one).Message, StringComparison.Ordinal));
    }

    [Fact]
    public void A_word_goes_as_bytes_and_back()
    {
        var word = new NcclWord("no driver", Guid.NewGuid(), new FakeNccl(new()).NewId());
        var read = NcclWord.Read(word.Write())!.Value;
        Assert.Equal((word.Reason, word.Gpu, 42), (read.Reason, read.Gpu, read.Id[0]));
        Assert.Null(NcclWord.Read(new byte[100]));
    }

    /// <summary>Trainers that have met, each with a fake GPU.</summary>
    private sealed class Gpus : IDisposable
    {
        private readonly Trainers _trainers;
        private readonly TensorType _element;
        private int _rented;

        public Gpus(int[] ends, TensorType element = TensorType.Float32, TimeSpan? deadline = null, Func<int, string?>? reason = null, Func<int, Guid>? id = null, Func<int, GpuTransport>? transport = null)
        {
            _element = element;
            _trainers = Trainers.Met(ends, Medium.Mixed, element);
            var net = new FakeNccl.Net();
            Nccl = [.. ends.Select(_ => new FakeNccl(net))];
            Cudas = [.. Nccl.Select(nccl => id is null ? new FakeCuda(nccl) : new FakeCuda(nccl) { Id = id })];
            try
            {
                Exchanges = _trainers.Run(rank => NcclExchange.Join(
                    _trainers.Exchanges[rank], transport?.Invoke(rank) ?? GpuTransport.Auto, rank, new(Nccl[rank], Cudas[rank], reason?.Invoke(rank)), Soon, () => deadline ?? Trainers.Patience,
                    text => { lock (Reports) Reports.Add(text); }));
            }
            catch
            {
                _trainers.Dispose();
                throw;
            }
        }

        public FakeNccl[] Nccl { get; }
        public FakeCuda[] Cudas { get; }
        public IGradientExchange[] Exchanges { get; }
        public List<string> Reports { get; } = [];

        public void AssertSameBits(Shards shards)
        {
            var expected = shards.Total;
            var sums = _trainers.Run(rank => Exchange(rank, shards));
            foreach (var (sum, values) in sums)
            {
                Assert.Equal((expected.At, expected.Tail), (sum.At, sum.Tail));
                Assert.True(expected.Values.Span.SequenceEqual(values), "other bits");
            }
        }

        public Exception?[] Failures() => Failures(thenDispose: false);

        public Exception?[] Failures(bool thenDispose) => _trainers.Failures(rank =>
        {
            Exchange(rank, new(_trainers.Groups[0].LogicalShards, 1000, _element, 1));
            if (thenDispose) ((IDisposable)Exchanges[rank]).Dispose();
        });

        private (GradientSum Sum, byte[] Values) Exchange(int rank, Shards shards)
        {
            FakeDeviceMemory[] memory = [];
            try
            {
                var own = shards.SumsOf(_trainers.Groups[rank].Members[rank].Own);
                memory = [.. own.Select(sum => FakeDeviceMemory.Of(sum.Values.Span, _element, rank, count => Interlocked.Add(ref _rented, count)))];
                var total = Exchanges[rank].Exchange([.. own.Select((sum, i) => sum with { Values = memory[i].Memory })]);
                Assert.Same(memory[0], DeviceMemory.Of(total.Values));
                return (total, memory[0].Bytes.ToArray());
            }
            finally
            {
                foreach (var one in memory) ((IDisposable)one).Dispose();
            }
        }

        public void Dispose()
        {
            foreach (var exchange in Exchanges) (exchange as IDisposable)?.Dispose();
            _trainers.Dispose();
            Assert.Equal(0, _rented);
        }
    }
}
