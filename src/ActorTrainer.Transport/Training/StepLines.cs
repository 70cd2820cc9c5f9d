using System.Text.Json;
using ActorTrainer.Core.Experiments;
using Microsoft.Win32.SafeHandles;

namespace ActorTrainer.Transport.Training;

/// <summary>Finds places in a file of JSON lines that ascend by their key <c>step</c>, from the end, in bounded memory.</summary>
/// <param name="window">Bytes held at a time; a line longer than that counts as damage.</param>
internal sealed class StepLines(SafeFileHandle file, int window = 1 << 20)
{
    private readonly byte[] _window = new byte[window];
    private long _at;
    private int _count;

    /// <summary>The offset behind the last whole line of a step up to <paramref name="step"/>; everything behind is later, torn or damaged.</summary>
    public long EndOf(StepNumber step)
    {
        long end = LastNewline(before: RandomAccess.GetLength(file)) + 1;
        while (end > 0)
        {
            long start = LastNewline(before: end - 1) + 1;
            if (StepOf(Line(start, end - 1)) is { } found && found <= step) return end;
            end = start;
        }

        return 0;
    }

    /// <summary>The step of the last whole line that has one; null where there is none.</summary>
    public StepNumber? LastStep()
    {
        long end = EndOf(new(long.MaxValue));
        return end == 0 ? null : StepOf(Line(LastNewline(before: end - 1) + 1, end - 1));
    }

    /// <summary>Null for what is not a whole JSON object with a step.</summary>
    public static StepNumber? StepOf(ReadOnlySpan<byte> line)
    {
        try
        {
            var reader = new Utf8JsonReader(line);
            StepNumber? step = null;
            while (reader.Read())
            {
                if (reader.CurrentDepth != 1 || reader.TokenType != JsonTokenType.PropertyName || !reader.ValueTextEquals("step"u8)) continue;
                if (reader.Read() && reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out long value)) step = new(value);
            }

            return step;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The last line feed before an offset; -1 where there is none.</summary>
    private long LastNewline(long before)
    {
        while (before > 0)
        {
            if (before <= _at || before > _at + _count) Load(Math.Max(0, before - _window.Length));
            int found = _window.AsSpan(0, (int)(before - _at)).LastIndexOf((byte)'\n');
            if (found >= 0) return _at + found;
            before = _at;
        }

        return -1;
    }

    private ReadOnlySpan<byte> Line(long start, long end)
    {
        if (end - start > _window.Length) return default;
        if (start < _at || end > _at + _count) Load(Math.Max(0, end - _window.Length));
        return _window.AsSpan((int)(start - _at), (int)(end - start));
    }

    private void Load(long at)
    {
        _at = at;
        _count = 0;
        while (_count < _window.Length && RandomAccess.Read(file, _window.AsSpan(_count), at + _count) is var read and > 0) _count += read;
    }
}
