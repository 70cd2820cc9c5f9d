using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using ActorTrainer.Core.Models;

namespace ActorTrainer.Torch.Weights;

/// <summary>Writes what torch.save(state_dict, path) would: a zip with a pickle (protocol 2) of an OrderedDict, and an entry for each storage.</summary>
internal static class PthWriter
{
    private const string Folder = "archive/";
    private static readonly DateTimeOffset Epoch = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static void Write(Stream stream, IReadOnlyList<NamedTensor> tensors)
    {
        using var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
        Entry(zip, "data.pkl", Pickle(tensors));
        Entry(zip, "byteorder", "little"u8);
        for (int i = 0; i < tensors.Count; i++) Entry(zip, "data/" + Key(i), tensors[i].Data.Span);
        Entry(zip, "version", "3\n"u8);
    }

    private static void Entry(ZipArchive zip, string name, ReadOnlySpan<byte> bytes)
    {
        var entry = zip.CreateEntry(Folder + name, CompressionLevel.NoCompression);
        entry.LastWriteTime = Epoch;
        using var stream = entry.Open();
        stream.Write(bytes);
    }

    private static string Key(int tensor) => tensor.ToString(CultureInfo.InvariantCulture);

    private static byte[] Pickle(IReadOnlyList<NamedTensor> tensors)
    {
        using var stream = new MemoryStream();
        Op(0x80, 2);                                    // PROTO 2
        EmptyOrderedDict();
        Op('(');                                        // MARK
        for (int i = 0; i < tensors.Count; i++)
        {
            var tensor = tensors[i];
            Text(tensor.Name);
            Global("torch._utils", "_rebuild_tensor_v2");
            Op('(', '(');
            Text("storage");
            Global("torch", StorageName(tensor.Type));
            Text(Key(i));
            Text("cpu");
            Integer(tensor.Data.Length / tensor.Type.Size());
            Op('t', 'Q');                               // TUPLE, BINPERSID
            Integer(0);                                 // offset
            Integers(tensor.Shape);
            Integers(Strides(tensor.Shape));
            Op(0x89);                                   // requires_grad = False
            EmptyOrderedDict();                         // backward hooks
            Op('t', 'R');                               // TUPLE, REDUCE
        }

        Op('u', '.');                                   // SETITEMS, STOP
        return stream.ToArray();

        void Op(params ReadOnlySpan<int> bytes)
        {
            foreach (int value in bytes) stream.WriteByte((byte)value);
        }

        void Global(string module, string name)
        {
            Op('c');
            stream.Write(Encoding.ASCII.GetBytes($"{module}\n{name}\n"));
        }

        void EmptyOrderedDict()
        {
            Global("collections", "OrderedDict");
            Op(')', 'R');
        }

        void Text(string text)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            Span<byte> length = stackalloc byte[4];
            BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
            Op('X');
            stream.Write(length);
            stream.Write(bytes);
        }

        void Integer(long value)
        {
            Span<byte> bytes = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
            if (value <= int.MaxValue) Op('J');         // BININT
            else Op(0x8A, 8);                           // LONG1
            stream.Write(value <= int.MaxValue ? bytes[..4] : bytes);
        }

        void Integers(IEnumerable<long> values)
        {
            Op('(');
            foreach (long value in values) Integer(value);
            Op('t');
        }
    }

    private static IEnumerable<long> Strides(IReadOnlyList<long> shape)
    {
        long[] strides = new long[shape.Count];
        long stride = 1;
        for (int axis = strides.Length - 1; axis >= 0; axis--)
        {
            strides[axis] = stride;
            stride *= Math.Max(1, shape[axis]);
        }

        return strides;
    }

    private static string StorageName(TensorType type) => type switch
    {
        TensorType.Float32 => "FloatStorage",
        TensorType.Float64 => "DoubleStorage",
        TensorType.BFloat16 => "BFloat16Storage",
        TensorType.Int64 => "LongStorage",
        TensorType.UInt8 => "ByteStorage",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "unknown type"),
    };
}
