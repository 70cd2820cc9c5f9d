namespace ActorTrainer.Core.Models;

/// <summary>What a dtype is called and how many bytes an element of it has.</summary>
public static class TensorTypes
{
    /// <summary>Bytes an element.</summary>
    public static int Size(this TensorType type) => type switch
    {
        TensorType.Float64 or TensorType.Int64 => 8,
        TensorType.Float32 => 4,
        TensorType.BFloat16 => 2,
        TensorType.UInt8 => 1,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "unknown dtype"),
    };

    /// <summary>torch's name, such as <c>float32</c>: what a digest contains.</summary>
    public static string TorchName(this TensorType type) => type switch
    {
        TensorType.Float32 => "float32",
        TensorType.Float64 => "float64",
        TensorType.BFloat16 => "bfloat16",
        TensorType.Int64 => "int64",
        TensorType.UInt8 => "uint8",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "unknown dtype"),
    };

    /// <summary>Bytes of a tensor of this dtype and shape; null where an axis is negative or the product leaves Int64.</summary>
    public static long? Bytes(this TensorType type, ReadOnlySpan<long> shape)
    {
        UInt128 bytes = (UInt128)type.Size();
        foreach (long axis in shape)
        {
            if (axis < 0) return null;
            bytes *= (UInt128)axis;
            if (bytes > long.MaxValue) return null;
        }

        return (long)bytes;
    }
}
