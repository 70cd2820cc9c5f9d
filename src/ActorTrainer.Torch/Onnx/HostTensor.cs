using System.Runtime.InteropServices;
using Google.Protobuf;
using Onnx;
using static TorchSharp.torch;
using DataType = Onnx.TensorProto.Types.DataType;

namespace ActorTrainer.Torch.Onnx;

/// <summary>A constant of a graph in host memory: floats, or integers (shapes, axes).</summary>
internal sealed record HostTensor(long[] Shape, float[]? Floats, long[]? Integers)
{
    public long Count => Shape.Aggregate(1L, (count, axis) => count * axis);

    /// <param name="fail">Makes the exception that says where the constant stands.</param>
    public static HostTensor Read(TensorProto proto, Func<string, Exception> fail)
    {
        long[] shape = [.. proto.Dims];
        Int128 claimed = shape.Aggregate((Int128)1, (product, axis) => axis < 0 ? throw fail($"'{proto.Name}' has a negative size") : product * axis);
        if (proto.ExternalData.Count > 0) throw fail($"'{proto.Name}' is kept in another file; save the model with its data inside");
        (float[]? floats, long[]? integers) = ((DataType)proto.DataType) switch
        {
            DataType.Float => (Values<float>(proto.RawData, proto.FloatData), (long[]?)null),
            DataType.Double => ([.. Values<double>(proto.RawData, proto.DoubleData).Select(value => (float)value)], null),
            DataType.Float16 when proto.RawData.Length > 0 => ([.. Raw<Half>(proto.RawData).Select(value => (float)value)], null),
            DataType.Int64 => ((float[]?)null, Values<long>(proto.RawData, proto.Int64Data)),
            DataType.Int32 => (null, [.. Values<int>(proto.RawData, proto.Int32Data).Select(value => (long)value)]),
            DataType.Bool => (null, proto.RawData.Length > 0 ? [.. proto.RawData.Select(value => (long)value)] : [.. proto.Int32Data.Select(value => (long)value)]),
            var type => throw fail($"'{proto.Name}' is of type {type}, which is not supported"),
        };
        return (floats?.Length ?? integers!.Length) == claimed ? new(shape, floats, integers) : throw fail($"'{proto.Name}' has not as many values as its shape says");
    }

    public Tensor ToTensor() => Floats is not null ? tensor(Floats, Shape) : tensor(Integers!, Shape);

    private static T[] Values<T>(ByteString raw, IReadOnlyCollection<T> typed) where T : unmanaged => raw.Length > 0 ? Raw<T>(raw) : [.. typed];

    private static T[] Raw<T>(ByteString raw) where T : unmanaged => MemoryMarshal.Cast<byte, T>(raw.Span).ToArray();
}

/// <summary>A constant that a running graph takes part of: kept on the device in the type of what it meets, outside the state dict.</summary>
internal sealed class GraphConstant(HostTensor value) : IDisposable
{
    private Tensor? _onDevice;

    public GraphValue For(Tensor like)
    {
        if (value.Integers is { } integers) return new(null, new(integers, value.Shape.Length == 0));
        if (_onDevice is null || _onDevice.dtype != like.dtype || _onDevice.device_type != like.device_type)
        {
            _onDevice?.Dispose();
            _onDevice = value.ToTensor().to(like.dtype, like.device, disposeAfter: true).DetachFromDisposeScope();
        }

        return new(_onDevice, null);
    }

    public void Dispose() => _onDevice?.Dispose();
}

/// <summary>What flows along an edge of a running graph: a tensor, or integers on the host (what Shape gives and Reshape takes).</summary>
internal readonly record struct GraphValue(Tensor? Tensor, HostIntegers? Integers)
{
    public static implicit operator GraphValue(Tensor tensor) => new(tensor, null);
}

/// <param name="Scalar">Whether it has no axis (and one value).</param>
internal sealed record HostIntegers(long[] Values, bool Scalar);
