using System.Runtime.InteropServices;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Models;
using CsCheck;

namespace ActorTrainer.Core.Tests.Gradients;

public sealed class Bf16Spec
{
    /// <summary>Every bit pattern, and more often what lies at or beside a tie, or at the edges of what is finite and what is normal.</summary>
    private static readonly Gen<float> AnyFloat = Gen.OneOf(
        Gen.UInt, Gen.Select(Gen.UShort, Gen.UInt[0x7FFE, 0x8002], (upper, lower) => ((uint)upper << 16) + lower),
        Gen.UInt[0x7F7F_0000, 0x7F80_0010], Gen.UInt[0, 0x0100_0000]).Select(BitConverter.UInt32BitsToSingle);

    private static readonly Gen<ushort> Any = Gen.OneOf(Gen.UShort, Gen.Float[-3, 3].Select(Bf16.Round));

    [Fact]
    public void Rounding_finds_the_nearest_and_of_two_the_even_one() => AnyFloat.Sample(value => Assert.Equal(Plain(Nearest(value)), Plain(Bf16.Round(value))), iter: 20_000);

    [Fact]
    public void What_is_bf16_already_stays_itself()
    {
        for (int bits = 0; bits <= ushort.MaxValue; bits++) Assert.Equal(Plain((ushort)bits), Plain(Bf16.Round(Bf16.Widen((ushort)bits))));
    }

    [Theory]
    [InlineData(1f, 0x3F80)]
    [InlineData(-0f, 0x8000)]
    [InlineData(1.00390625f, 0x3F80)]          // between 1 and the next: to the even one, down
    [InlineData(1.01171875f, 0x3F82)]          // up
    [InlineData(float.MaxValue, 0x7F80)]       // nearer to infinity's place than to the largest number
    [InlineData(float.NegativeInfinity, 0xFF80)]
    [InlineData(float.Epsilon, 0)]
    [InlineData(9.2e-41f, 1)]                  // the smallest there is, not flushed to zero
    public void Some_are_known(float value, int expected) => Assert.Equal((ushort)expected, Bf16.Round(value));

    [Theory]
    [InlineData(0x7F80_0001u)]      // signalling, and all that says so in the lower half
    [InlineData(0xFFFF_FFFFu)]      // adding to it would wrap around
    public void What_is_no_number_stays_none(uint bits)
    {
        float[] values = [.. Enumerable.Repeat(BitConverter.UInt32BitsToSingle(bits), 65)];
        ushort[] rounded = new ushort[values.Length];
        Bf16.Round(values, rounded);
        Assert.All(rounded.Append(Bf16.Round(values[0])), value => Assert.True(float.IsNaN(Bf16.Widen(value))));
        Bf16.Add(rounded, new ushort[rounded.Length]);
        Assert.All(rounded, value => Assert.True(float.IsNaN(Bf16.Widen(value))));
    }

    [Fact]
    public void Vectors_give_the_bits_of_scalars_at_every_length() => Gen.Select(AnyFloat.Array[0, 150], Any.Array[150], Any.Array[150]).Sample((floats, left, right) =>
    {
        int length = floats.Length;
        (left, right) = (left[..length], right[..length]);
        ushort[] rounded = new ushort[length], sum = [.. left];
        float[] widened = new float[length];

        Bf16.Round(floats, rounded);
        Bf16.Widen(left, widened);
        Bf16.Add(sum, right);

        Assert.Equal(floats.Select(Nearest).Select(Plain), rounded.Select(Plain));
        Assert.Equal(left.Select(value => (uint)value << 16), widened.Select(BitConverter.SingleToUInt32Bits));
        Assert.Equal(left.Zip(right, (a, b) => Plain(Nearest(Bf16.Widen(a) + Bf16.Widen(b)))), sum.Select(Plain));
        Assert.Equal(left.All(value => float.IsFinite(Bf16.Widen(value))), Bf16.AreFinite(left));
    }, iter: 2_000);

    [Fact]
    public void One_that_is_not_finite_is_found_wherever_it_stands()
    {
        for (int length = 1; length < 70; length++)
        {
            ushort[] values = [.. Enumerable.Repeat((ushort)0x7F7F, length)];
            Assert.True(Bf16.AreFinite(values));
            foreach (ushort bad in (ushort[])[0x7F80, 0xFF80, 0x7FC0])
            {
                for (int place = 0; place < length; place++)
                {
                    ushort[] spoiled = [.. values];
                    spoiled[place] = bad;
                    Assert.False(Bf16.AreFinite(spoiled));
                }
            }
        }
    }

    /// <summary>What the exchange relies on: whoever has the one of two adds the other to it.</summary>
    [Fact]
    public void Either_may_take_the_other() => Gen.Select(Any.Array[40], Any.Array[40]).Sample((left, right) =>
    {
        ushort[] one = [.. left], other = [.. right];
        Bf16.Add(one, right);
        Bf16.Add(other, left);
        Assert.Equal(one.Select(Plain), other.Select(Plain));
    });

    [Fact]
    public void Bytes_are_added_as_the_type_says_and_no_other_is_known()
    {
        ushort[] left = [Bf16.Round(1), Bf16.Round(256)];
        SubtreeSums.Add(MemoryMarshal.AsBytes(left.AsSpan()), MemoryMarshal.AsBytes<ushort>([Bf16.Round(2), Bf16.Round(1)]), TensorType.BFloat16);
        Assert.Equal([3f, 256f], left.Select(Bf16.Widen));      // nine bits don't fit: to the even one
        float[] wide = [256];
        SubtreeSums.Add(MemoryMarshal.AsBytes(wide.AsSpan()), MemoryMarshal.AsBytes<float>([1f]), TensorType.Float32);
        Assert.Equal([257f], wide);
        Assert.Throws<ArgumentOutOfRangeException>(() => SubtreeSums.Add(new byte[8], new byte[8], TensorType.Int64));
    }

    [Fact]
    public void Lengths_have_to_agree()
    {
        Assert.Throws<ArgumentException>(() => Bf16.Add(new ushort[3], new ushort[4]));
        Assert.Throws<ArgumentException>(() => Bf16.Round(new float[3], new ushort[4]));
        Assert.Throws<ArgumentException>(() => Bf16.Widen(new ushort[4], new float[3]));
    }

    /// <summary>By distances, in fp64, where both neighbours and the value are exact. Infinity stands where the next number would.</summary>
    private static ushort Nearest(float value)
    {
        if (float.IsNaN(value)) return 0x7FC0;
        if (float.IsInfinity(value)) return (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16);
        ushort near = (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16), far = (ushort)(near + 1);     // towards zero, and away from it
        double down = Math.Abs(value - Place(near)), up = Math.Abs(Place(far) - value);
        return down < up || (down == up && near % 2 == 0) ? near : far;

        static double Place(ushort bits) => Bf16.Widen(bits) is var finite && float.IsFinite(finite) ? finite : Math.CopySign(Math.Pow(2, 128), finite);
    }

    /// <summary>All that are no numbers are one.</summary>
    private static ushort Plain(ushort bits) => float.IsNaN(Bf16.Widen(bits)) ? (ushort)0x7FC0 : bits;
}
