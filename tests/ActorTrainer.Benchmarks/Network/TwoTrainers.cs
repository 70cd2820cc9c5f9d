using System.Diagnostics;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;
using ActorTrainer.Transport.Gradients;

namespace ActorTrainer.Benchmarks.Network;

/// <summary>Two trainers of one thread each, with a slow link between them; what stands around a step in a cluster is not there.</summary>
/// <param name="workload">Its batch is that of both.</param>
internal sealed class TwoTrainers(IEngine engine, Workload workload, double bytesPerSecond)
{
    private const int Shards = 2, Uncounted = 2;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>Seconds of a step, the median; the first two do not count.</summary>
    public async Task<double> StepAsync(Exchanging how)
    {
        var gradients = how is Exchanging.Bf16Whole or Exchanging.Bf16Early ? GradientPrecision.Bf16 : GradientPrecision.Full;
        bool early = how is Exchanging.FullEarly or Exchanging.Bf16Early;
        var job = workload.Job with { LogicalShards = Shards, Training = workload.Job.Training with { Gradients = gradients } };
        var options = new CollectiveOptions(UnixSockets: false, SharedMemory: false, InProcess: false);
        using CollectiveListener first = new("127.0.0.1", options, _ => { }), second = new("127.0.0.1", options, _ => { });
        using SlowLink toFirst = new(first.Endpoint.Port, bytesPerSecond), toSecond = new(second.Endpoint.Port, bytesPerSecond);
        CollectiveMember[] members = [new(new(0, 1), first.Endpoint with { Port = toFirst.Port }), new(new(1, 2), second.Endpoint with { Port = toSecond.Port })];
        var element = gradients == GradientPrecision.Bf16 ? TensorType.BFloat16 : TensorType.Float32;
        using var broken = new CancellationTokenSource();
        double[] seconds = await Task.WhenAll(
            OnThread(() => Train(job, early, () => Connect(first, 0), broken)), OnThread(() => Train(job, early, () => Connect(second, 1), broken))).ConfigureAwait(false);
        return seconds.Max();

        PeerExchange Connect(CollectiveListener listener, int rank) => PeerExchange.Connect(
            listener, new(new("measured"), new(1), new(0), "", "configuration", "fingerprint", [.. members], rank, Shards, element, "a key for one measurement"u8.ToArray()), Patience, () => Patience, broken.Token);
    }

    /// <summary>The same two, each on its half of the batch, who do not know of each other.</summary>
    public async Task<double> ApartAsync()
    {
        var half = workload with { BatchSize = workload.BatchSize / 2 };
        var timings = await Task.WhenAll(OnThread(() => StepBenchmark.Run(engine, half, workload.Steps)), OnThread(() => StepBenchmark.Run(engine, half, workload.Steps))).ConfigureAwait(false);
        return timings.Max(of => of.Seconds.Median);
    }

    private double Train(TrainingJob job, bool early, Func<PeerExchange> connect, CancellationTokenSource broken)
    {
        try
        {
            using var session = engine.OpenTraining(job, NoWeights.Instance);
            using var exchange = connect();
            session.Begin(TrainingCursor.Start, null);
            var (batches, cursor, seconds) = (new ReadyBatches(workload), TrainingCursor.Start, new List<double>());
            for (int step = 0; step < workload.Steps; step++, cursor = workload.Plan.Advance(cursor))
            {
                var at = workload.Plan.Coordinates(cursor);
                using var batch = batches.Batch(workload.Plan.Batch(cursor));
                long began = Stopwatch.GetTimestamp();
                var own = session.Compute(batch, at, exchange.Group.Members[exchange.Group.Rank].Own, early ? exchange.Begin : null);
                session.Apply(exchange.Exchange(own), at);
                seconds.Add(Stopwatch.GetElapsedTime(began).TotalSeconds);
            }

            return Sample.Of(seconds.Skip(Uncounted)).Median;
        }
        catch
        {
            broken.Cancel();
            throw;
        }
    }

    private static Task<T> OnThread<T>(Func<T> act) => Task.Factory.StartNew(act, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}

/// <summary>What crosses, and when.</summary>
internal enum Exchanging { FullWhole, FullEarly, Bf16Whole, Bf16Early }
