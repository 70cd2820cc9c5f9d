using System.Collections.Immutable;
using System.Diagnostics;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text.Json;
using ActorTrainer.Commands;
using ActorTrainer.Core;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Models;
using ActorTrainer.Transport.Gradients;

namespace ActorTrainer.Benchmarks;

/// <summary>One process of the benchmark: says where it is, hears where the others are, sums, and, as rank 0, says how long it took.</summary>
internal static class CollectiveWorker
{
    public const string Command = "collective-worker";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static void Run(int rank, TextReader input, TextWriter output)
    {
        var transport = Read<CollectiveTransport>(input);
        using var listener = new CollectiveListener(
            "127.0.0.1", new(UnixSockets: transport != CollectiveTransport.Tcp, SharedMemory: transport == CollectiveTransport.Memory), Console.Error.WriteLine);
        output.WriteLine(JsonSerializer.Serialize(listener.Endpoint, CoreJson.Options));
        var cast = Read<CollectiveCast>(input);
        using var barrier = PeerExchange.Connect(listener, Group("barrier", cast, rank), Patience, () => Patience);
        using var vectors = PeerExchange.Connect(listener, Group("vectors", cast, rank), Patience, () => Patience);
        var (times, processor) = Measure(cast.Job, barrier, vectors);
        if (transport == CollectiveTransport.Memory && vectors.PeersInSharedMemory == 0) transport = CollectiveTransport.Unix;
        if (rank == 0) output.WriteLine(JsonSerializer.Serialize(new CollectiveTimes(times, processor, transport), CoreJson.Options));
    }

    private static (ImmutableArray<double> Seconds, ImmutableArray<double> Processor) Measure(CollectiveJob job, PeerExchange barrier, PeerExchange vectors)
    {
        var times = ImmutableArray.CreateBuilder<double>();
        var processor = ImmutableArray.CreateBuilder<double>();
        var together = Sums(barrier.Group, new byte[4]);
        byte[][] memory = [.. Sums(vectors.Group, []).Select(_ => GC.AllocateUninitializedArray<byte>(job.Bytes, pinned: true))];
        var own = Sums(vectors.Group, memory);
        foreach (byte[] vector in memory) Fill(vector, 1, job.Element);
        for (int round = 0; round < job.Rounds; round++)
        {
            barrier.Exchange(together);
            var busy = Environment.CpuUsage.TotalTime;
            long start = Stopwatch.GetTimestamp();
            var sum = vectors.Exchange(own);
            times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            processor.Add((Environment.CpuUsage.TotalTime - busy).TotalSeconds);
            if (!IsFilled(sum.Values.Span, Subtrees(vectors.Group.LogicalShards, vectors.Group), job.Element)) throw new CommandException("The sum is wrong.");
            foreach (byte[] vector in memory) Fill(vector, 1, job.Element);
        }

        return (times.ToImmutable(), processor.ToImmutable());
    }

    private static void Fill(Span<byte> vector, float value, TensorType element)
    {
        if (element == TensorType.BFloat16) MemoryMarshal.Cast<byte, ushort>(vector).Fill(Bf16.Round(value));
        else MemoryMarshal.Cast<byte, float>(vector).Fill(value);
    }

    private static bool IsFilled(ReadOnlySpan<byte> vector, float value, TensorType element) => element == TensorType.BFloat16
        ? !MemoryMarshal.Cast<byte, ushort>(vector).ContainsAnyExcept(Bf16.Round(value))
        : !MemoryMarshal.Cast<byte, float>(vector).ContainsAnyExcept(value);

    /// <summary>What ones add up to: the number of subtrees that all ranks bring.</summary>
    private static float Subtrees(int shards, CollectiveGroup group) => group.Members.Sum(member => new ShardLayout(shards).Subtrees(member.Own).Count());

    private static IReadOnlyList<GradientSum> Sums(CollectiveGroup group, params byte[][] memory) =>
        [.. new ShardLayout(group.LogicalShards).Subtrees(group.Members[group.Rank].Own).Select((at, i) => new GradientSum(at, memory.Length == 0 ? default : memory[i % memory.Length], default))];

    private static CollectiveGroup Group(string name, CollectiveCast cast, int rank)
    {
        int world = cast.Job.World, shards = (int)BitOperations.RoundUpToPowerOf2((uint)world);
        var members = cast.Endpoints.Select((endpoint, member) => new CollectiveMember(new(member * shards / world, (member + 1) * shards / world), endpoint));
        return new(new ExperimentName(name), new Generation(1), StepNumber.Zero, "", "", "", [.. members], rank, shards, cast.Job.Element, cast.Key);
    }

    private static T Read<T>(TextReader input) =>
        input.ReadLine() is { } line ? JsonSerializer.Deserialize<T>(line, CoreJson.Options)! : throw new UsageException($"'{Command}' is started by 'bench collective'.");
}
