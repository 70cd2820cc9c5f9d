using System.Collections.Immutable;

namespace ActorTrainer.Core.Models;

/// <summary>torch's dtypes that a checkpoint can hold.</summary>
public enum TensorType { Float32, Float64, BFloat16, Int64, UInt8 }

/// <summary>A tensor in host memory by name: little-endian, row-major, owned by whoever holds the record (never a view of live weights).</summary>
/// <param name="Shape">Empty for a 0-d tensor.</param>
public sealed record NamedTensor(string Name, TensorType Type, ImmutableArray<long> Shape, ReadOnlyMemory<byte> Data);
