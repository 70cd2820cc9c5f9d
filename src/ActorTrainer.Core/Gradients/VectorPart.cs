using System.Collections.Immutable;

namespace ActorTrainer.Core.Gradients;

/// <summary>Some of a vector's bytes: ranges from left to right, none empty, none overlapping the next.</summary>
public sealed class VectorPart
{
    /// <exception cref="ArgumentException">The ranges are not in order.</exception>
    public VectorPart(IEnumerable<(int Offset, int Length)> ranges)
    {
        Ranges = [.. ranges];
        int end = 0;
        foreach (var (offset, length) in Ranges)
        {
            if (offset < end || length < 1) throw new ArgumentException($"{length} bytes from {offset} are no range after {end}.", nameof(ranges));
            end = offset + length;
            Bytes += length;
        }

        End = end;
    }

    public ImmutableArray<(int Offset, int Length)> Ranges { get; }

    /// <summary>How many they are together.</summary>
    public int Bytes { get; }

    /// <summary>Where the last range ends.</summary>
    public int End { get; }

    public static VectorPart All(int bytes) => new(bytes > 0 ? [(0, bytes)] : []);

    /// <summary>The others of a vector of so many bytes.</summary>
    public VectorPart Rest(int vectorBytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(End, vectorBytes);
        var rest = ImmutableArray.CreateBuilder<(int, int)>();
        int at = 0;
        foreach (var (offset, length) in Ranges)
        {
            if (offset > at) rest.Add((at, offset - at));
            at = offset + length;
        }

        if (at < vectorBytes) rest.Add((at, vectorBytes - at));
        return new(rest);
    }
}

/// <summary>Sums of which a part is final while the rest is still computed.</summary>
/// <param name="Sums">Whole vectors; the tails are not known yet.</param>
public sealed record EarlySums(IReadOnlyList<GradientSum> Sums, VectorPart Part);
