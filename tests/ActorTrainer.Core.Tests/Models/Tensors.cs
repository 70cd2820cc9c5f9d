using System.Collections.Immutable;
using System.Runtime.InteropServices;
using ActorTrainer.Core.Models;

namespace ActorTrainer.Core.Tests.Models;

/// <summary>Named tensors from values.</summary>
internal static class Tensors
{
    public static NamedTensor Of<T>(string name, TensorType type, ImmutableArray<long> shape, params T[] values) where T : unmanaged =>
        new(name, type, shape, MemoryMarshal.AsBytes<T>(values).ToArray());

    /// <summary>One of every dtype, with a 0-d, an empty and an oddly long tensor among them, not in order of their names.</summary>
    public static ImmutableArray<NamedTensor> Every =>
    [
        Of("fc.weight", TensorType.Float32, [2, 3], 0.5f, -1.25f, 3f, 1e-3f, -0f, 7f),
        Of("fc.bias", TensorType.Float64, [2], 0.1, -2.5),
        Of("bn.num_batches_tracked", TensorType.Int64, [], 7L),
        Of<ushort>("bn.weight", TensorType.BFloat16, [2], 0x3F80, 0xC000),
        Of<byte>("Zeta", TensorType.UInt8, [4], 0, 1, 254, 255),
        Of<float>("empty", TensorType.Float32, [0, 5]),
        Of("\u00e9tage.0", TensorType.Float32, [1], 2f),
    ];

    public static void AssertSame(IEnumerable<NamedTensor> expected, IEnumerable<NamedTensor> actual)
    {
        Assert.Equal(Rows(expected), Rows(actual));

        static IEnumerable<string> Rows(IEnumerable<NamedTensor> tensors) => tensors
            .OrderBy(tensor => tensor.Name, StringComparer.Ordinal)
            .Select(tensor => $"{tensor.Name} {tensor.Type} [{string.Join(',', tensor.Shape)}] {Convert.ToHexString(tensor.Data.Span)}");
    }
}
