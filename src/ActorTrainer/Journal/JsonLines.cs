using System.Text;
using System.Text.Json;
using ActorTrainer.Core;

namespace ActorTrainer.Journal;

/// <summary>Reads files of JSON lines that another process may be writing: a last line without its end is not there yet.</summary>
internal static class JsonLines
{
    private const int TailBytes = 64 * 1024;

    /// <summary>The last whole line; null where there is none.</summary>
    public static T? Last<T>(string path) where T : struct => Last<T>(path, out _);

    /// <param name="end">Where the last whole line ends.</param>
    public static T? Last<T>(string path, out long end) where T : struct
    {
        end = 0;
        if (!File.Exists(path)) return null;
        using var file = Open(path);
        long from = file.Seek(-Math.Min(TailBytes, file.Length), SeekOrigin.End);
        byte[] tail = new byte[TailBytes];
        var text = tail.AsSpan(0, file.ReadAtLeast(tail, TailBytes, throwOnEndOfStream: false));
        int stop = text.LastIndexOf((byte)'\n');
        if (stop < 0) return null;
        end = from + stop + 1;
        int start = text[..stop].LastIndexOf((byte)'\n') + 1;
        return JsonSerializer.Deserialize<T>(text[start..stop], CoreJson.Options);
    }

    /// <summary>Whole lines from <paramref name="offset"/> on, which then stands after the last of them. A file that was cut back is read from its start.</summary>
    public static IReadOnlyList<T> From<T>(string path, ref long offset)
    {
        if (!File.Exists(path)) return [];
        using var file = Open(path);
        if (!IsBoundary(file, offset)) offset = 0;
        file.Seek(offset, SeekOrigin.Begin);
        byte[] bytes = new byte[file.Length - offset];
        int read = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        int end = bytes.AsSpan(0, read).LastIndexOf((byte)'\n') + 1;
        offset += end;
        var lines = new List<T>();
        foreach (string line in Encoding.UTF8.GetString(bytes, 0, end).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            lines.Add(JsonSerializer.Deserialize<T>(line, CoreJson.Options)!);
        return lines;
    }

    private static bool IsBoundary(FileStream file, long offset)
    {
        if (offset == 0) return true;
        if (offset > file.Length) return false;
        file.Seek(offset - 1, SeekOrigin.Begin);
        return file.ReadByte() == '\n';
    }

    private static FileStream Open(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
}
