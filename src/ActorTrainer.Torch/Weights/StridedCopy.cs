using System.Runtime.InteropServices;
using ActorTrainer.Core.Models;
using ActorTrainer.Torch.Weights.Pickle;

namespace ActorTrainer.Torch.Weights;

/// <summary>Row-major copies of strided views, in a type that checkpoints know.</summary>
internal static class StridedCopy
{
    private const int MostAxes = 16;

    public static int Size(StorageType type) => type switch
    {
        StorageType.Float64 or StorageType.Int64 => 8,
        StorageType.Float32 or StorageType.Int32 => 4,
        StorageType.Float16 or StorageType.BFloat16 or StorageType.Int16 => 2,
        _ => 1,
    };

    /// <param name="budget">The most bytes that the copy may have.</param>
    public static NamedTensor Read(string name, TensorReference tensor, byte[] storage, long budget)
    {
        var type = tensor.Storage.Type;
        int size = Size(type);
        long count = Count(tensor, storage.Length / size);
        if (count < 0) throw new InvalidDataException($"The tensor '{name}' reaches beyond its storage");
        byte[] rows = GC.AllocateUninitializedArray<byte>(checked((int)(count * size)));
        if (count > 0) Copy(tensor, storage, size, rows);
        var (kept, data) = Widen(type, rows);
        return data.Length <= budget ? new(name, kept, [.. tensor.Shape], data) : throw new InvalidDataException("Its tensors are many times longer than the file");
    }

    /// <summary>Elements; -1 for a view that does not lie inside the storage.</summary>
    private static long Count(TensorReference tensor, long available)
    {
        if (tensor.Shape.Length > MostAxes || tensor.Shape.Length != tensor.Strides.Length || tensor.Offset < 0) return -1;
        Int128 count = 1, last = tensor.Offset;
        for (int axis = 0; axis < tensor.Shape.Length; axis++)
        {
            if (tensor.Shape[axis] < 0 || tensor.Strides[axis] < 0) return -1;
            count *= tensor.Shape[axis];
            if (count > available) return -1;
            last += (Int128)Math.Max(0, tensor.Shape[axis] - 1) * tensor.Strides[axis];
        }

        return count == 0 || last < available ? (long)count : -1;
    }

    private static void Copy(TensorReference tensor, byte[] storage, int size, byte[] rows)
    {
        if (IsContiguous(tensor))
        {
            Buffer.BlockCopy(storage, checked((int)tensor.Offset * size), rows, 0, rows.Length);
            return;
        }

        long[] index = new long[tensor.Shape.Length];
        long from = tensor.Offset;
        for (int to = 0; to < rows.Length; to += size)
        {
            storage.AsSpan((int)from * size, size).CopyTo(rows.AsSpan(to));
            for (int axis = index.Length - 1; axis >= 0; axis--)
            {
                from += tensor.Strides[axis];
                if (++index[axis] < tensor.Shape[axis]) break;
                from -= tensor.Strides[axis] * tensor.Shape[axis];
                index[axis] = 0;
            }
        }
    }

    private static bool IsContiguous(TensorReference tensor)
    {
        long expected = 1;
        for (int axis = tensor.Shape.Length - 1; axis >= 0; axis--)
        {
            if (tensor.Shape[axis] != 1 && tensor.Strides[axis] != expected) return false;
            expected *= tensor.Shape[axis];
        }

        return true;
    }

    private static (TensorType, byte[]) Widen(StorageType type, byte[] rows) => type switch
    {
        StorageType.Float32 => (TensorType.Float32, rows),
        StorageType.Float64 => (TensorType.Float64, rows),
        StorageType.BFloat16 => (TensorType.BFloat16, rows),
        StorageType.Int64 => (TensorType.Int64, rows),
        StorageType.UInt8 or StorageType.Bool => (TensorType.UInt8, rows),
        StorageType.Float16 => (TensorType.Float32, Map<Half, float>(rows, value => (float)value)),
        StorageType.Int32 => (TensorType.Int64, Map<int, long>(rows, value => value)),
        StorageType.Int16 => (TensorType.Int64, Map<short, long>(rows, value => value)),
        _ => (TensorType.Int64, Map<sbyte, long>(rows, value => value)),
    };

    private static byte[] Map<TFrom, TTo>(byte[] rows, Func<TFrom, TTo> convert) where TFrom : unmanaged where TTo : unmanaged
    {
        var from = MemoryMarshal.Cast<byte, TFrom>(rows);
        var to = new TTo[from.Length];
        for (int i = 0; i < to.Length; i++) to[i] = convert(from[i]);
        return MemoryMarshal.AsBytes<TTo>(to).ToArray();
    }
}
