using System.Globalization;

namespace ActorTrainer.Data.Features;

/// <summary>How many files one part of the program may keep open for long: opening one for each row would take ten times as long as reading it.</summary>
internal static class OpenFiles
{
    private const int Least = 256, Greatest = 1 << 16;

    /// <summary>A quarter of what the system allows this process.</summary>
    public static int Most { get; } = Math.Clamp(Limit() / 4, Least, Greatest);

    private static int Limit()
    {
        const string limits = "/proc/self/limits", name = "Max open files";
        if (!File.Exists(limits)) return 4 * Least;
        string? line = File.ReadLines(limits).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
        string? soft = line?[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        return soft == "unlimited" ? int.MaxValue
            : long.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out long limit) ? (int)Math.Min(limit, int.MaxValue) : 4 * Least;
    }
}
