using System.Collections.Frozen;
using System.Numerics;

namespace ActorTrainer.Torch.Weights.Pickle;

/// <summary>The element types of torch's storages.</summary>
internal enum StorageType { Float32, Float64, Float16, BFloat16, Int64, Int32, Int16, Int8, UInt8, Bool }

/// <summary>A Python name that a state dict may mention.</summary>
internal abstract record TorchGlobal
{
    public sealed record Dictionary : TorchGlobal;
    public sealed record RebuildTensor : TorchGlobal;
    public sealed record RebuildParameter : TorchGlobal;
    public sealed record Storage(StorageType Type) : TorchGlobal;
}

/// <summary>Memory that tensors are views of: in a zip an entry, in a file of the old format one of the blocks at the end.</summary>
/// <param name="Count">Elements, as the pickle claims: to be checked against the bytes.</param>
internal sealed record StorageReference(string Key, StorageType Type, long Count);

/// <summary>A tensor as the pickle describes it: a strided view of a storage. Nothing of it has been checked.</summary>
internal sealed record TensorReference(StorageReference Storage, long Offset, long[] Shape, long[] Strides);

/// <summary>The only names that are more than names here, and the only functions that are applied.</summary>
internal static class TorchGlobals
{
    private static readonly FrozenDictionary<string, TorchGlobal> Known = new Dictionary<string, TorchGlobal>
    {
        ["collections.OrderedDict"] = new TorchGlobal.Dictionary(),
        ["torch._utils._rebuild_tensor_v2"] = new TorchGlobal.RebuildTensor(),
        ["torch._utils._rebuild_tensor"] = new TorchGlobal.RebuildTensor(),
        ["torch._utils._rebuild_parameter"] = new TorchGlobal.RebuildParameter(),
        ["torch.FloatStorage"] = new TorchGlobal.Storage(StorageType.Float32),
        ["torch.DoubleStorage"] = new TorchGlobal.Storage(StorageType.Float64),
        ["torch.HalfStorage"] = new TorchGlobal.Storage(StorageType.Float16),
        ["torch.BFloat16Storage"] = new TorchGlobal.Storage(StorageType.BFloat16),
        ["torch.LongStorage"] = new TorchGlobal.Storage(StorageType.Int64),
        ["torch.IntStorage"] = new TorchGlobal.Storage(StorageType.Int32),
        ["torch.ShortStorage"] = new TorchGlobal.Storage(StorageType.Int16),
        ["torch.CharStorage"] = new TorchGlobal.Storage(StorageType.Int8),
        ["torch.ByteStorage"] = new TorchGlobal.Storage(StorageType.UInt8),
        ["torch.BoolStorage"] = new TorchGlobal.Storage(StorageType.Bool),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static TorchGlobal Find(string module, string name) =>
        Known.GetValueOrDefault($"{module}.{name}")
        ?? throw new PickleException($"'{module}.{name}', which is no part of a state dict and could run code");

    public static object Apply(TorchGlobal function, object?[] arguments) => (function, arguments) switch
    {
        (TorchGlobal.Dictionary, []) => new PickleDictionary(),
        (TorchGlobal.RebuildTensor, [StorageReference storage, long offset, object?[] shape, object?[] strides, ..]) =>
            new TensorReference(storage, offset, Integers(shape), Integers(strides)),
        (TorchGlobal.RebuildParameter, [TensorReference tensor, ..]) => tensor,
        _ => throw new PickleException("a call that makes no tensor"),
    };

    /// <summary>('storage', type, key, location, count, ...) as torch.save writes it.</summary>
    public static StorageReference Persistent(IReadOnlyList<object?> id) =>
        id is ["storage", TorchGlobal.Storage type, string key, string, long count, ..]
            ? new(key, type.Type, count)
            : throw new PickleException("a persistent id that names no storage");

    private static long[] Integers(object?[] items) =>
        [.. items.Select(item => item is long value ? value : throw new PickleException(item is BigInteger ? "a size beyond 64 bits" : "a size that is no integer"))];
}
