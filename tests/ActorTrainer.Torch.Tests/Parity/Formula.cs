using System.Text;
using ActorTrainer.Core.Randomness;

namespace ActorTrainer.Torch.Tests.Parity;

/// <summary>The weights and pixels that TestData/parity.py makes as well: functions of a name and an index.</summary>
internal static class Formula
{
    /// <summary>64 random bits: SplitMix64's finaliser of FNV-1a(name) + index * golden ratio.</summary>
    public static ulong Word(ulong name, int index) => RandomStream.Mix(name + (ulong)(index - 1L) * 0x9E3779B97F4A7C15);

    public static ulong Name(string name)
    {
        ulong hash = 0xCBF29CE484222325;
        foreach (byte letter in Encoding.UTF8.GetBytes(name)) hash = (hash ^ letter) * 0x100000001B3;
        return hash;
    }

    public static double[] Weight(string name, ReadOnlySpan<long> shape)
    {
        ulong hash = Name(name);
        long count = 1;
        foreach (long axis in shape) count *= axis;
        double middle = shape.Length == 1 && name.EndsWith("weight", StringComparison.Ordinal) ? 1 : 0;
        double scale = shape.Length > 1 ? Math.Sqrt((double)(3 * shape[0]) / count) : 0.1;
        double strength = name.StartsWith("layer", StringComparison.Ordinal) && name.Contains(".bn", StringComparison.Ordinal) ? 0.2 : 1;
        double[] values = new double[count];
        for (int i = 0; i < values.Length; i++)
        {
            double uniform = (Word(hash, i) >> 11) * Math.ScaleB(1, -52) - 1;
            values[i] = shape.Length > 1 ? uniform * scale : (middle + scale * uniform) * strength;
        }

        return values;
    }

    public static byte[] Pixels(int step, int count)
    {
        ulong hash = Name($"pixels.{step}");
        byte[] pixels = new byte[count];
        for (int i = 0; i < count; i++) pixels[i] = (byte)Word(hash, i);
        return pixels;
    }
}
