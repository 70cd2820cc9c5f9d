using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using ActorTrainer.Core;
using ActorTrainer.Core.Experiments;

namespace ActorTrainer.Transport.Training;

/// <summary>
/// Reads a step-keyed file while another process may be writing it. Lines are found by step and not by a remembered offset, for the writer may have
/// cut the file back since; a last line without its end is not there yet. Where there is no file, there are no lines.
/// </summary>
internal static class StepReader
{
    private const int ChunkBytes = 1 << 16;

    /// <summary>The lines of later steps than <paramref name="after"/> (null: all), oldest first.</summary>
    public static IEnumerable<TLine> Read<TLine>(string path, StepNumber? after)
    {
        using var file = TryOpen(path);
        if (file is null) yield break;
        if (after is { } step) file.Position = new StepLines(file.SafeFileHandle, window: ChunkBytes).EndOf(step);
        foreach (var (line, isLast) in Lines(file))
        {
            if (TryParse<TLine>(line, isLast, path, out var parsed)) yield return parsed;
        }
    }

    /// <summary>The last whole line's step; null where there is none.</summary>
    public static StepNumber? LastStep(string path)
    {
        using var file = TryOpen(path);
        return file is null ? null : new StepLines(file.SafeFileHandle, window: ChunkBytes).LastStep();
    }

    private static IEnumerable<(byte[] Line, bool IsLast)> Lines(FileStream file)
    {
        byte[] chunk = new byte[ChunkBytes];
        var rest = new MemoryStream();
        byte[]? held = null;        // one line back, so that the last one is known as such
        while (file.Read(chunk) is var count and > 0)
        {
            int start = 0;
            while (Array.IndexOf(chunk, (byte)'\n', start, count - start) is var feed and >= 0)
            {
                rest.Write(chunk, start, feed - start);
                if (held is not null) yield return (held, false);
                held = rest.ToArray();
                rest.SetLength(0);
                start = feed + 1;
            }

            rest.Write(chunk, start, count - start);
        }

        if (held is not null) yield return (held, true);
    }

    /// <summary>A power cut can leave rubbish at the end, which the writer's recovery removes; anywhere else it is damage.</summary>
    private static bool TryParse<TLine>(byte[] line, bool isLast, string path, [NotNullWhen(true)] out TLine? parsed)
    {
        try
        {
            parsed = JsonSerializer.Deserialize<TLine>(line, CoreJson.Options);
            return parsed is not null;
        }
        catch (JsonException e)
        {
            parsed = default;
            return isLast ? false : throw new InvalidDataException($"{path} has a line that can't be read: {e.Message}", e);
        }
    }

    private static FileStream? TryOpen(string path)
    {
        try
        {
            return new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }
}
