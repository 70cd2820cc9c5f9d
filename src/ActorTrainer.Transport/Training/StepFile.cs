using System.Buffers;
using System.Text.Json;
using ActorTrainer.Core;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Training;
using Microsoft.Win32.SafeHandles;

namespace ActorTrainer.Transport.Training;

/// <summary>
/// A step-keyed log as a file of JSON lines. Lines gather in memory and go to the operating system in one write, at most every 100 ms
/// or 64 KiB: slow steps show at once, fast ones cost no system call each. A kill can lose the lines of the last 100 ms; their steps are repeated.
/// </summary>
/// <typeparam name="TLine">The line's keys: properties in snake_case, among them <c>step</c>.</typeparam>
public abstract class StepFile<TRecord, TLine> : IStepKeyedLog<TRecord>
{
    private const int WriteAtBytes = 1 << 16;
    private static readonly TimeSpan WriteEvery = TimeSpan.FromMilliseconds(100);

    private readonly TimeProvider _time;
    private readonly SafeFileHandle _file;
    private readonly ArrayBufferWriter<byte> _buffer = new(WriteAtBytes + 4096);
    private readonly Utf8JsonWriter _json;
    private long _end;
    private long _lastWrite;

    /// <summary>Opens or makes the file; nothing is cut before <see cref="CutBackTo"/>.</summary>
    private protected StepFile(string path, TimeProvider time)
    {
        _time = time;
        _file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        _end = RandomAccess.GetLength(_file);
        _json = new(_buffer, new() { Encoder = CoreJson.Readable.Encoder });
        _lastWrite = time.GetTimestamp();
    }

    public void Append(in TRecord record)
    {
        _json.Reset(_buffer);
        JsonSerializer.Serialize(_json, LineOf(record), CoreJson.Readable);
        _buffer.Write("\n"u8);
        if (_buffer.WrittenCount >= WriteAtBytes || _time.GetElapsedTime(_lastWrite) >= WriteEvery) Write();
    }

    public void Flush(bool durable)
    {
        Write();
        if (durable) RandomAccess.FlushToDisk(_file);
    }

    public StepNumber CutBackTo(StepNumber step)
    {
        Write();
        var lines = new StepLines(_file);
        long end = lines.EndOf(step);
        if (end != _end)
        {
            RandomAccess.SetLength(_file, end);
            RandomAccess.FlushToDisk(_file);
            _end = end;
        }

        return lines.LastStep() ?? StepNumber.Zero;
    }

    public void Dispose()
    {
        if (_file.IsClosed) return;
        try
        {
            Write();
        }
        finally
        {
            _json.Dispose();
            _file.Dispose();
        }
    }

    private protected abstract TLine LineOf(in TRecord record);

    private void Write()
    {
        _lastWrite = _time.GetTimestamp();
        if (_buffer.WrittenCount == 0) return;
        RandomAccess.Write(_file, _buffer.WrittenSpan, _end);
        _end += _buffer.WrittenCount;
        _buffer.ResetWrittenCount();
    }
}
