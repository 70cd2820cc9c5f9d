using System.Collections.Immutable;
using System.Numerics;
using System.Runtime.InteropServices;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Randomness;
using ActorTrainer.Transport.Gradients;

namespace ActorTrainer.Transport.Tests.Gradients;

/// <summary>A group of trainers in this process: a listener and, when they have met, an exchange for each.</summary>
internal sealed class Trainers : IDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private Trainers(ImmutableArray<CollectiveListener> listeners, ImmutableArray<CollectiveGroup> groups) => (Listeners, Groups) = (listeners, groups);

    public ImmutableArray<CollectiveListener> Listeners { get; }
    public ImmutableArray<CollectiveGroup> Groups { get; }
    public ImmutableArray<PeerExchange> Exchanges { get; private set; } = [];
    public int World => Groups.Length;

    public static CollectiveListener Listener(Medium medium, Action<string>? report = null) => new("127.0.0.1", OptionsOf(medium), report ?? (_ => { }));

    public static CollectiveOptions OptionsOf(Medium medium) => new(UnixSockets: medium != Medium.Tcp, SharedMemory: medium is not (Medium.Tcp or Medium.Unix));

    /// <param name="ends">Where each trainer's shards end: the last is L.</param>
    /// <param name="through">Another way to a trainer's door; null: its own.</param>
    public static Trainers Create(
        int[] ends, Medium medium = Medium.Memory, TensorType element = TensorType.Float32, int generation = 1, Action<string>? report = null, Func<CollectiveEndpoint, CollectiveEndpoint>? through = null)
    {
        int together = medium switch { Medium.Process => ends.Length, Medium.Mixed => 2, _ => 1 };
        var doors = ends.Chunk(together).Select(_ => Listener(medium, report)).ToList();
        var listeners = ends.Select((_, rank) => doors[rank / together]).ToImmutableArray();
        CollectiveEndpoint[] endpoints = [.. listeners.Select(listener => through?.Invoke(listener.Endpoint) ?? listener.Endpoint)];
        return new(listeners, [.. ends.Select((_, rank) => Group(endpoints, ends, rank, generation, element))]);
    }

    public static CollectiveGroup Group(IReadOnlyList<CollectiveEndpoint> endpoints, int[] ends, int rank, int generation = 1, TensorType element = TensorType.Float32) => new(
        new("digits"), new(generation), new(7), "state", "configuration", "fingerprint",
        [.. ends.Select((end, member) => new CollectiveMember(new(member == 0 ? 0 : ends[member - 1], end), endpoints[member]))],
        rank, ends[^1], element, "a key that the nodes share"u8.ToArray());

    public static Trainers Met(int[] ends, Medium medium = Medium.Memory, TensorType element = TensorType.Float32, Func<TimeSpan>? deadline = null)
    {
        var trainers = Create(ends, medium, element);
        trainers.Meet(deadline ?? (() => Patience));
        return trainers;
    }

    public void Meet(Func<TimeSpan> deadline) =>
        Exchanges = [.. Run(rank => PeerExchange.Connect(Listeners[rank], Groups[rank], Patience, deadline))];

    /// <summary>Something on every trainer at once, each on a thread of its own; the results by rank.</summary>
    public T[] Run<T>(Func<int, T> action)
    {
        var results = new T[World];
        var threads = Enumerable.Range(0, World).Select(rank => Task.Factory.StartNew(() => results[rank] = action(rank), TaskCreationOptions.LongRunning)).ToArray();
        Task.WaitAll(threads);
        return results;
    }

    /// <summary>What <see cref="Run"/> throws on each rank; null where it does not.</summary>
    public Exception?[] Failures(Action<int> action) => Run(rank => Record.Exception(() => action(rank)));

    public void Dispose()
    {
        foreach (var exchange in Exchanges) exchange.Dispose();
        foreach (var listener in Listeners.Distinct()) listener.Dispose();
    }
}

/// <summary>How trainers of one host talk. Process: all have one door; Mixed: two have one, and talk to others through shared memory.</summary>
public enum Medium { Tcp, Unix, Memory, Process, Mixed }

/// <summary>Gradients of shards, drawn by number, and what they add up to along the tree.</summary>
/// <param name="Statistics">Numbers in fp32 behind gradients in bf16.</param>
internal sealed record Shards(int Count, int Elements, TensorType Element, ulong Seed, int Statistics = 0)
{
    public int GradientBytes => Elements * Element.Size();
    public int Bytes => GradientBytes + (Statistics * sizeof(float));

    /// <summary>The sums of a trainer's subtrees, as its session computes them.</summary>
    public IReadOnlyList<GradientSum> SumsOf(ShardRange own)
    {
        var tree = new SubtreeSum<(byte[] Values, StepTail Tail)>((left, right) => (Add(left.Values, right.Values), left.Tail + right.Tail));
        for (int shard = own.First; shard < own.End; shard++) tree.Add(new(shard, 1), (Draw(shard), TailOf(shard)));
        return [.. tree.Parts.Select(part => new GradientSum(part.At, part.Sum.Values, part.Sum.Tail) { GradientBytes = Statistics > 0 ? GradientBytes : null })];
    }

    /// <summary>One trainer's, of all shards.</summary>
    public GradientSum Total => SumsOf(ShardRange.All(Count)).Single();

    /// <summary>Drawn for the first thousand places, multiples of that behind them: long vectors are cheap.</summary>
    private byte[] Draw(int shard)
    {
        const int drawn = 1021;
        var random = new RandomStream(Seed, RandomPurpose.Test, (ulong)shard, 0);
        double[] values = [.. Enumerable.Range(0, drawn).Select(_ => (random.NextDouble() - 0.5) * 3)];
        byte[] bytes = new byte[Bytes];
        if (Element == TensorType.Float32) Fill(MemoryMarshal.Cast<byte, float>(bytes.AsSpan()), values);
        else if (Element == TensorType.Float64) Fill(MemoryMarshal.Cast<byte, double>(bytes.AsSpan()), values);
        else
        {
            float[] gradients = new float[Elements];
            Fill(gradients, values);
            Bf16.Round(gradients, MemoryMarshal.Cast<byte, ushort>(bytes.AsSpan(0, GradientBytes)));
            Fill(MemoryMarshal.Cast<byte, float>(bytes.AsSpan(GradientBytes)), values);
        }

        return bytes;
    }

    private static void Fill<T>(Span<T> places, double[] values) where T : unmanaged, INumber<T>
    {
        for (int i = 0; i < places.Length; i++) places[i] = T.CreateTruncating(values[i % values.Length] * (1 + (i / values.Length)));
    }

    private StepTail TailOf(int shard) => new(Math.Sqrt(shard + 2 + (int)(Seed % 100)), shard + 0.1, shard % 3, shard, shard == Count / 2 ? StepRequest.CheckpointAndRegroup : StepRequest.None);

    private byte[] Add(byte[] left, byte[] right)
    {
        SubtreeSums.Add(left.AsSpan(0, GradientBytes), right.AsSpan(0, GradientBytes), Element);
        SubtreeSums.Add(left.AsSpan(GradientBytes), right.AsSpan(GradientBytes), TensorType.Float32);
        return left;
    }
}
