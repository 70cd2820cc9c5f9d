using System.Collections.Immutable;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using ActorTrainer.Commands;
using ActorTrainer.Core;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;
using ActorTrainer.Transport.Gradients;

namespace ActorTrainer.Benchmarks;

/// <summary>What the processes talk by: shared memory with headers over a Unix socket, a Unix socket alone, loopback TCP.</summary>
internal enum CollectiveTransport { Memory, Unix, Tcp }

/// <param name="Floats">Numbers of the vector, whatever they take.</param>
/// <param name="Rounds">The first two do not count.</param>
internal sealed record CollectiveJob(int World, int Floats, int Rounds, CollectiveTransport Transport, GradientPrecision Gradients)
{
    [JsonIgnore]
    public TensorType Element => Gradients == GradientPrecision.Bf16 ? TensorType.BFloat16 : TensorType.Float32;

    [JsonIgnore]
    public int Bytes => checked(Element.Size() * Floats);
}

/// <summary>What the processes are told once all have said where they are.</summary>
internal sealed record CollectiveCast(CollectiveJob Job, ImmutableArray<CollectiveEndpoint> Endpoints, byte[] Key);

/// <summary>What rank 0 measured.</summary>
/// <param name="Processor">Seconds of processor time of this one process, all threads.</param>
/// <param name="Transport">What was used, which may be less than what was asked for.</param>
internal sealed record CollectiveTimes(ImmutableArray<double> Seconds, ImmutableArray<double> Processor, CollectiveTransport Transport);

/// <summary>Sums one vector over as many processes of this program as asked for, each with its own memory.</summary>
internal static class CollectiveBenchmark
{
    private const int Uncounted = 2;

    public static async Task<CollectiveResult> RunAsync(CollectiveJob job, CancellationToken cancel)
    {
        var workers = Enumerable.Range(0, job.World).Select(Start).ToImmutableArray();
        try
        {
            var endpoints = ImmutableArray.CreateBuilder<CollectiveEndpoint>();
            foreach (var worker in workers)
            {
                await worker.StandardInput.WriteLineAsync(JsonSerializer.Serialize(job.Transport, CoreJson.Options)).ConfigureAwait(false);
                endpoints.Add(await ReadAsync<CollectiveEndpoint>(worker, cancel).ConfigureAwait(false));
            }

            string cast = JsonSerializer.Serialize(new CollectiveCast(job, endpoints.ToImmutable(), RandomNumberGenerator.GetBytes(32)), CoreJson.Options);
            foreach (var worker in workers) await worker.StandardInput.WriteLineAsync(cast).ConfigureAwait(false);
            var times = await ReadAsync<CollectiveTimes>(workers[0], cancel).ConfigureAwait(false);
            foreach (var worker in workers) await worker.WaitForExitAsync(cancel).ConfigureAwait(false);
            return new(job, [.. times.Seconds.Skip(Uncounted)], [.. times.Processor.Skip(Uncounted)], times.Transport);
        }
        finally
        {
            foreach (var worker in workers)
            {
                if (!worker.HasExited) worker.Kill();
                worker.Dispose();
            }
        }
    }

    private static Process Start(int rank)
    {
        string program = Environment.ProcessPath!;
        string[] self = Path.GetFileNameWithoutExtension(program) == "dotnet" ? [typeof(CollectiveBenchmark).Assembly.Location] : [];
        return Process.Start(new ProcessStartInfo(program, [.. self, "bench", CollectiveWorker.Command, $"{rank}"]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
    }

    private static async Task<T> ReadAsync<T>(Process worker, CancellationToken cancel) =>
        await worker.StandardOutput.ReadLineAsync(cancel).ConfigureAwait(false) is { } line
            ? JsonSerializer.Deserialize<T>(line, CoreJson.Options)!
            : throw new CommandException("A process of the benchmark ended early; what it said stands above.");
}

/// <summary>Named as the peers name it. The bus bandwidth is 2 (W - 1) / W bytes a second, the convention of nccl-tests.</summary>
internal sealed record CollectiveResult(CollectiveJob Job, ImmutableArray<double> Seconds, ImmutableArray<double> Processor, CollectiveTransport Transport)
{
    private double Median => MedianOf(Seconds);

    private double BusGigabytesPerSecond => 2.0 * (Job.World - 1) / Job.World * Job.Bytes / Median / 1e9;

    public string ToJson() => JsonSerializer.Serialize(new
    {
        Peer = "actortrainer",
        Job.World,
        Job.Bytes,
        Gradients = Job.Element.TorchName(),
        Seconds = Math.Round(Median, 5),
        BusGbPerS = Math.Round(BusGigabytesPerSecond, 3),
        Transport,
        Least = Math.Round(Seconds.Min(), 5),
        Most = Math.Round(Seconds.Max(), 5),
        CpuSeconds = Math.Round(MedianOf(Processor), 5),
    }, CoreJson.Options);

    public override string ToString() =>
        $"{Job.Bytes / 1e6:0.0} MB of {Job.Element.TorchName()} over {Job.World} processes by {Transport.ToString().ToLowerInvariant()}: {Median * 1e3:0.0} ms ({Seconds.Min() * 1e3:0.0} .. {Seconds.Max() * 1e3:0.0}), "
        + $"{BusGigabytesPerSecond:0.00} GB/s of bus bandwidth, {MedianOf(Processor) * 1e3:0.0} ms of processor time a process";

    private static double MedianOf(ImmutableArray<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
