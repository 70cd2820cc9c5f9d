using ActorTrainer.Core.Models;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Weights;

/// <summary>Between libtorch's tensors and host copies of them.</summary>
internal static class TensorBytes
{
    /// <summary>A copy in host memory, row-major whatever the strides and device.</summary>
    public static NamedTensor Read(string name, Tensor tensor)
    {
        using var scope = NewDisposeScope();
        using var still = no_grad();
        var host = tensor.detach().cpu().contiguous();
        return new(name, TypeOf(host.dtype), [.. host.shape], host.bytes.ToArray());
    }

    /// <summary>A tensor on the CPU in memory of its own (libtorch's, aligned); the caller disposes it.</summary>
    public static Tensor Create(NamedTensor named)
    {
        var tensor = empty([.. named.Shape], TypeOf(named.Type), CPU);
        named.Data.Span.CopyTo(tensor.bytes);
        return tensor;
    }

    public static ScalarType TypeOf(TensorType type) => type switch
    {
        TensorType.Float32 => ScalarType.Float32,
        TensorType.Float64 => ScalarType.Float64,
        TensorType.BFloat16 => ScalarType.BFloat16,
        TensorType.Int64 => ScalarType.Int64,
        TensorType.UInt8 => ScalarType.Byte,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "unknown type"),
    };

    public static TensorType TypeOf(ScalarType type) => type switch
    {
        ScalarType.Float32 => TensorType.Float32,
        ScalarType.Float64 => TensorType.Float64,
        ScalarType.BFloat16 => TensorType.BFloat16,
        ScalarType.Int64 => TensorType.Int64,
        ScalarType.Byte => TensorType.UInt8,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "a type that no checkpoint holds"),
    };
}
