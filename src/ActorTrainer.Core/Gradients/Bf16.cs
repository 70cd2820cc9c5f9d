using System.Numerics;
using System.Runtime.InteropServices;

namespace ActorTrainer.Core.Gradients;

/// <summary>
/// bfloat16 in host memory: the upper half of a float, with its exponent and 8 significant bits. Whatever is computed is computed in fp32 and rounded to
/// nearest, ties to even; infinities stay, and what is no number stays none. By integers alone, so that no processor's own instructions for bfloat16 (some
/// flush small numbers to zero) can have a say: vectors give the bits of scalars, everywhere.
/// </summary>
public static class Bf16
{
    private const uint UpperHalf = 0xFFFF0000, JustBelowHalf = 0x7FFF, Quiet = 0x00400000;
    private const ushort Exponent = 0x7F80;

    public static float Widen(ushort value) => BitConverter.UInt32BitsToSingle((uint)value << 16);

    public static ushort Round(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)((float.IsNaN(value) ? bits | Quiet : bits + JustBelowHalf + ((bits >> 16) & 1)) >> 16);
    }

    /// <summary>Throws <see cref="ArgumentException"/> where the lengths differ.</summary>
    public static void Round(ReadOnlySpan<float> from, Span<ushort> into)
    {
        RefuseOther(into.Length, from.Length);
        var halves = MemoryMarshal.Cast<ushort, Vector<ushort>>(into);
        var floats = MemoryMarshal.Cast<float, Vector<float>>(from);
        for (int i = 0; i < halves.Length; i++) halves[i] = Vector.Narrow(Rounded(floats[2 * i]) >>> 16, Rounded(floats[(2 * i) + 1]) >>> 16);
        for (int i = halves.Length * Vector<ushort>.Count; i < from.Length; i++) into[i] = Round(from[i]);
    }

    /// <summary>Exact. Throws <see cref="ArgumentException"/> where the lengths differ.</summary>
    public static void Widen(ReadOnlySpan<ushort> from, Span<float> into)
    {
        RefuseOther(into.Length, from.Length);
        var halves = MemoryMarshal.Cast<ushort, Vector<ushort>>(from);
        var floats = MemoryMarshal.Cast<float, Vector<float>>(into);
        for (int i = 0; i < halves.Length; i++)
        {
            Vector.Widen(halves[i], out var first, out var second);
            (floats[2 * i], floats[(2 * i) + 1]) = (Vector.AsVectorSingle(first << 16), Vector.AsVectorSingle(second << 16));
        }

        for (int i = halves.Length * Vector<ushort>.Count; i < from.Length; i++) into[i] = Widen(from[i]);
    }

    /// <summary>left += right: each element one addition in fp32, rounded. Throws <see cref="ArgumentException"/> where the lengths differ.</summary>
    public static void Add(Span<ushort> left, ReadOnlySpan<ushort> right)
    {
        RefuseOther(left.Length, right.Length);
        // Two numbers stand in 32 bits: moved up, or masked, each is a float where it is, and nothing has to change lanes.
        var pairs = MemoryMarshal.Cast<ushort, Vector<uint>>(left);
        var others = MemoryMarshal.Cast<ushort, Vector<uint>>(right);
        for (int i = 0; i < pairs.Length; i++)
        {
            var lower = Rounded(Vector.AsVectorSingle(pairs[i] << 16) + Vector.AsVectorSingle(others[i] << 16));
            var upper = Rounded(Vector.AsVectorSingle(pairs[i] & new Vector<uint>(UpperHalf)) + Vector.AsVectorSingle(others[i] & new Vector<uint>(UpperHalf)));
            pairs[i] = (lower >>> 16) | (upper & new Vector<uint>(UpperHalf));
        }

        for (int i = pairs.Length * Vector<ushort>.Count; i < left.Length; i++) left[i] = Round(Widen(left[i]) + Widen(right[i]));
    }

    /// <summary>Whether none is infinite or no number.</summary>
    public static bool AreFinite(ReadOnlySpan<ushort> values)
    {
        var vectors = MemoryMarshal.Cast<ushort, Vector<ushort>>(values);
        var (exponents, found) = (new Vector<ushort>(Exponent), Vector<ushort>.Zero);
        foreach (var vector in vectors) found |= Vector.Equals(vector & exponents, exponents);
        bool finite = found == Vector<ushort>.Zero;
        foreach (ushort value in values[(vectors.Length * Vector<ushort>.Count)..]) finite &= (value & Exponent) != Exponent;
        return finite;
    }

    /// <summary>The result is in the upper halves; below them is anything.</summary>
    private static Vector<uint> Rounded(Vector<float> values)
    {
        var bits = Vector.AsVectorUInt32(values);
        var nearest = bits + new Vector<uint>(JustBelowHalf) + ((bits >>> 16) & Vector<uint>.One);
        return Vector.ConditionalSelect(Vector.AsVectorUInt32(Vector.Equals(values, values)), nearest, bits | new Vector<uint>(Quiet));
    }

    private static void RefuseOther(int left, int right)
    {
        if (left != right) throw new ArgumentException($"{left} values can't take {right}.", nameof(right));
    }
}
