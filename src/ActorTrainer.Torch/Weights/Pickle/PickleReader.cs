using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace ActorTrainer.Torch.Weights.Pickle;

/// <summary>
/// Reads the part of Python's pickle protocols 2 to 5 that state dicts are written in. A pickle is a program; this one has no instruction that reaches
/// anything outside: names of Python's stay names, and only those that <see cref="TorchGlobals"/> knows are applied, to make tensors.
/// Memory stays within a small multiple of what is read.
/// </summary>
internal sealed class PickleReader(Stream stream, Func<IReadOnlyList<object?>, object?> persistent)
{
    private const int MostBytesOfAText = 1 << 20;
    private static readonly object Mark = new();
    private readonly List<object?> _stack = [];
    private readonly Dictionary<long, object?> _memo = [];

    /// <summary>One value, up to and with its STOP. Throws <see cref="PickleException"/>.</summary>
    public object? Read()
    {
        _stack.Clear();
        _memo.Clear();
        while (true)
        {
            switch (Byte())
            {
                case 0x80: if (Byte() > 5) throw new PickleException("a pickle protocol newer than 5"); break;      // PROTO
                case 0x95: Bytes(8); break;                                         // FRAME
                case (byte)'.': return Pop();                                       // STOP
                case (byte)'(': _stack.Add(Mark); break;                            // MARK
                case (byte)'0': Pop(); break;                                       // POP
                case (byte)'N': _stack.Add(null); break;                            // NONE
                case 0x88: _stack.Add(true); break;                                 // NEWTRUE
                case 0x89: _stack.Add(false); break;                                // NEWFALSE
                case (byte)'K': _stack.Add((long)Byte()); break;                    // BININT1
                case (byte)'M': _stack.Add((long)BinaryPrimitives.ReadUInt16LittleEndian(Bytes(2))); break;     // BININT2
                case (byte)'J': _stack.Add((long)BinaryPrimitives.ReadInt32LittleEndian(Bytes(4))); break;      // BININT
                case 0x8A: _stack.Add(Long(Bytes(Byte()))); break;                  // LONG1
                case (byte)'G': _stack.Add(BinaryPrimitives.ReadDoubleBigEndian(Bytes(8))); break;              // BINFLOAT
                case (byte)'X': _stack.Add(Text(BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4)))); break;     // BINUNICODE
                case 0x8C: _stack.Add(Text(Byte())); break;                         // SHORT_BINUNICODE
                case (byte)'U': _stack.Add(Text(Byte())); break;                    // SHORT_BINSTRING
                case (byte)'T': _stack.Add(Text(BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4)))); break;     // BINSTRING
                case (byte)'}': _stack.Add(new PickleDictionary()); break;          // EMPTY_DICT
                case (byte)']': _stack.Add(new List<object?>()); break;             // EMPTY_LIST
                case (byte)')': _stack.Add(Array.Empty<object?>()); break;          // EMPTY_TUPLE
                case (byte)'t': _stack.Add(PopToMark()); break;                     // TUPLE
                case 0x85: _stack.Add(PopMany(1)); break;                           // TUPLE1
                case 0x86: _stack.Add(PopMany(2)); break;                           // TUPLE2
                case 0x87: _stack.Add(PopMany(3)); break;                           // TUPLE3
                case (byte)'q': _memo[Byte()] = Top(); break;                       // BINPUT
                case (byte)'r': _memo[BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4))] = Top(); break;        // LONG_BINPUT
                case 0x94: _memo[_memo.Count] = Top(); break;                       // MEMOIZE
                case (byte)'h': _stack.Add(Memo(Byte())); break;                    // BINGET
                case (byte)'j': _stack.Add(Memo(BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4)))); break;     // LONG_BINGET
                case (byte)'c': _stack.Add(TorchGlobals.Find(Line(), Line())); break;       // GLOBAL
                case 0x93:                                                          // STACK_GLOBAL
                    object?[] names = PopMany(2);
                    _stack.Add(TorchGlobals.Find(names[0] as string ?? "?", names[1] as string ?? "?"));
                    break;
                case (byte)'Q': _stack.Add(persistent(Pop() as IReadOnlyList<object?> ?? throw Malformed())); break;    // BINPERSID
                case (byte)'R':                                                     // REDUCE
                    object?[] call = PopMany(2);
                    _stack.Add(TorchGlobals.Apply(call[0] as TorchGlobal ?? throw Malformed(), call[1] as object?[] ?? throw Malformed()));
                    break;
                case (byte)'b': Pop(); break;                                       // BUILD: attributes of a dictionary or a tensor; none is wanted
                case (byte)'s': Set(PopMany(2)); break;                             // SETITEM
                case (byte)'u': Set(PopToMark()); break;                            // SETITEMS
                case (byte)'a': Append(PopMany(1)); break;                          // APPEND
                case (byte)'e': Append(PopToMark()); break;                         // APPENDS
                case var instruction: throw new PickleException($"an instruction (0x{instruction:x2}) that no state dict needs");
            }
        }
    }

    private void Set(object?[] pairs)
    {
        if (pairs.Length % 2 != 0 || Top() is not PickleDictionary dictionary) throw Malformed();
        for (int i = 0; i < pairs.Length; i += 2) dictionary.Entries.Add((pairs[i], pairs[i + 1]));
    }

    private void Append(object?[] items) => (Top() as List<object?> ?? throw Malformed()).AddRange(items);

    private object? Top() => _stack.Count > 0 ? _stack[^1] : throw Malformed();

    private object? Pop()
    {
        object? top = Top();
        _stack.RemoveAt(_stack.Count - 1);
        return ReferenceEquals(top, Mark) ? throw Malformed() : top;
    }

    private object?[] PopMany(int count)
    {
        if (_stack.Count < count) throw Malformed();
        object?[] items = [.. _stack.GetRange(_stack.Count - count, count)];
        _stack.RemoveRange(_stack.Count - count, count);
        return Array.IndexOf(items, Mark) >= 0 ? throw Malformed() : items;
    }

    private object?[] PopToMark()
    {
        int mark = _stack.LastIndexOf(Mark);
        if (mark < 0) throw Malformed();
        object?[] items = PopMany(_stack.Count - mark - 1);
        _stack.RemoveAt(mark);
        return items;
    }

    private object? Memo(long key) => _memo.TryGetValue(key, out object? value) ? value : throw Malformed();

    private static object Long(ReadOnlySpan<byte> bytes) =>
        new BigInteger(bytes) is var value && value >= long.MinValue && value <= long.MaxValue ? (long)value : value;

    private string Text(uint bytes)
    {
        if (bytes > MostBytesOfAText) throw Malformed();
        return Encoding.UTF8.GetString(Bytes((int)bytes));
    }

    private string Line()
    {
        var line = new StringBuilder();
        for (byte letter; (letter = Byte()) != '\n' && line.Length < 256;) line.Append((char)letter);
        return line.ToString();
    }

    private byte Byte() => stream.ReadByte() is var value and >= 0 ? (byte)value : throw new PickleException("the end of the file in the middle of a pickle");

    private byte[] Bytes(int count)
    {
        byte[] bytes = new byte[count];
        return stream.ReadAtLeast(bytes, count, throwOnEndOfStream: false) == count ? bytes : throw new PickleException("the end of the file in the middle of a pickle");
    }

    private static PickleException Malformed() => new("a malformed pickle");
}

/// <summary>A dict or an OrderedDict, in order; keys are not looked up by Python's equality, because nobody needs it.</summary>
internal sealed class PickleDictionary
{
    public List<(object? Key, object? Value)> Entries { get; } = [];
}

/// <summary>What is wrong with a pickle, as the object of "contains".</summary>
internal sealed class PickleException(string what) : Exception(what);
