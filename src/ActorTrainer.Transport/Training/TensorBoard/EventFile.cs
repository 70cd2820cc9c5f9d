using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace ActorTrainer.Transport.Training.TensorBoard;

/// <summary>
/// A file of TensorBoard's: framed records, each an <c>Event</c> of tensorflow/core/util/event.proto in Protocol Buffers. Appended to only; what is not flushed
/// is lost with its process, and a record that a kill tore is where a reader stops.
/// <code>
///   record: length (u64) | masked CRC-32C of it (u32) | event | masked CRC-32C of the event (u32), little-endian
/// </code>
/// </summary>
internal sealed class EventFile : IDisposable
{
    /// <summary>For whoever looks on.</summary>
    private static readonly TimeSpan FlushEvery = TimeSpan.FromSeconds(1);

    private static int _files;

    private readonly FileStream _file;
    private readonly ArrayBufferWriter<byte> _event = new(256), _inner = new(128), _value = new(64);
    private readonly TimeProvider _time;
    private long _flushed;

    /// <param name="folder">Made where it is missing. Readers take the files of a folder by name, so a later one has a later name.</param>
    public EventFile(string folder, TimeProvider time)
    {
        (_time, _flushed) = (time, time.GetTimestamp());
        Directory.CreateDirectory(folder);
        string name = string.Create(CultureInfo.InvariantCulture, $"events.out.tfevents.{time.GetUtcNow().ToUnixTimeSeconds():D10}.{Environment.MachineName}.{Environment.ProcessId}.{Interlocked.Increment(ref _files):D4}");
        _file = new(Path.Combine(folder, name), FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, 1 << 16);
        Begin();
        Text(_event, 3, "brain.Event:2");
        End();
    }

    /// <summary>Whatever an earlier file says of this step and later ones counts no more.</summary>
    public void Restart(long step)
    {
        const ulong Start = 1;
        Begin();
        Number(_event, 2, (ulong)step);
        _inner.ResetWrittenCount();
        Number(_inner, 1, Start);
        Message(_event, 7, _inner);
        End();
    }

    public void Scalars(long step, params ReadOnlySpan<(string Tag, double Value)> scalars)
    {
        Begin();
        Number(_event, 2, (ulong)step);
        _inner.ResetWrittenCount();
        foreach (var (tag, value) in scalars)
        {
            _value.ResetWrittenCount();
            Text(_value, 1, tag);
            Key(_value, 2, WireType.Fixed32);
            BinaryPrimitives.WriteSingleLittleEndian(_value.GetSpan(4), (float)value);
            _value.Advance(4);
            Message(_inner, 1, _value);
        }

        Message(_event, 5, _inner);
        End();
    }

    public void Flush()
    {
        _file.Flush();
        _flushed = _time.GetTimestamp();
    }

    public void Dispose() => _file.Dispose();

    /// <summary>As TensorFlow masks it, since a CRC of data that holds CRCs is a poor one.</summary>
    internal static uint MaskedCrc(ReadOnlySpan<byte> bytes)
    {
        uint crc = ~0u;
        foreach (byte one in bytes) crc = BitOperations.Crc32C(crc, one);
        return BitOperations.RotateRight(~crc, 15) + 0xa282ead8;
    }

    private void Begin()
    {
        _event.ResetWrittenCount();
        Key(_event, 1, WireType.Fixed64);
        BinaryPrimitives.WriteDoubleLittleEndian(_event.GetSpan(8), _time.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0);
        _event.Advance(8);
    }

    private void End()
    {
        Span<byte> frame = stackalloc byte[12];
        BinaryPrimitives.WriteUInt64LittleEndian(frame, (ulong)_event.WrittenCount);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[8..], MaskedCrc(frame[..8]));
        _file.Write(frame);
        _file.Write(_event.WrittenSpan);
        BinaryPrimitives.WriteUInt32LittleEndian(frame, MaskedCrc(_event.WrittenSpan));
        _file.Write(frame[..4]);
        if (_time.GetElapsedTime(_flushed) >= FlushEvery) Flush();
    }

    private enum WireType { Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5 }

    private static void Key(ArrayBufferWriter<byte> to, int field, WireType type) => Varint(to, (uint)(field << 3) | (uint)type);

    private static void Number(ArrayBufferWriter<byte> to, int field, ulong value)
    {
        Key(to, field, WireType.Varint);
        Varint(to, value);
    }

    private static void Text(ArrayBufferWriter<byte> to, int field, string text)
    {
        Key(to, field, WireType.Bytes);
        Varint(to, (uint)Encoding.UTF8.GetByteCount(text));
        Encoding.UTF8.GetBytes(text, to);
    }

    private static void Message(ArrayBufferWriter<byte> to, int field, ArrayBufferWriter<byte> message)
    {
        Key(to, field, WireType.Bytes);
        Varint(to, (uint)message.WrittenCount);
        to.Write(message.WrittenSpan);
    }

    private static void Varint(ArrayBufferWriter<byte> to, ulong value)
    {
        for (; value >= 0x80; value >>= 7) to.Write([(byte)(value | 0x80)]);
        to.Write([(byte)value]);
    }
}
