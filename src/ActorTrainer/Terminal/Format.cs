using System.Globalization;

namespace ActorTrainer.Terminal;

/// <summary>Numbers as people read them, the same in every place. Fractions of 1 stay fractions: 0.981, not 98.1 %.</summary>
internal static class Format
{
    public static string Fraction(double value) => value.ToString("0.0000", CultureInfo.InvariantCulture);

    public static string Loss(double value) => Math.Abs(value) is >= 0.001 and < 1e6 or 0
        ? value.ToString("0.0000", CultureInfo.InvariantCulture)
        : value.ToString("0.00e+0", CultureInfo.InvariantCulture);

    public static string Rate(double value) => value.ToString("G3", CultureInfo.InvariantCulture);

    public static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <param name="unit">Singular; an s makes it plural.</param>
    public static string Count(long value, string unit) => $"{Count(value)} {unit}{(value == 1 ? "" : "s")}";

    public static string Milliseconds(double value) => value.ToString(value < 10 ? "0.00" : "N1", CultureInfo.InvariantCulture);

    /// <summary>Of a whole that is divided, not of what was answered.</summary>
    public static string Percent(double share) => share.ToString("0 %", CultureInfo.InvariantCulture);

    public static string ImagesPerSecond(double value) => value.ToString(value < 10 ? "0.0" : "N0", CultureInfo.InvariantCulture) + " img/s";

    public static string Bytes(long bytes) => bytes switch
    {
        < 1000 => $"{bytes} B",
        < 1_000_000 => Scaled(bytes / 1e3, "kB"),
        < 1_000_000_000 => Scaled(bytes / 1e6, "MB"),
        _ => Scaled(bytes / 1e9, "GB"),
    };

    /// <summary>A clock for what is short, words for what is long.</summary>
    public static string Duration(TimeSpan time) => time < TimeSpan.FromHours(1)
        ? string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalMinutes}:{time.Seconds:00}")
        : time < TimeSpan.FromDays(1)
            ? string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours}:{time.Minutes:00}:{time.Seconds:00}")
            : string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalDays} d {time.Hours} h");

    /// <summary>About how long, for an estimate.</summary>
    public static string About(TimeSpan time) => time.TotalSeconds switch
    {
        < 90 => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(1, time.TotalSeconds):0} s"),
        < 90 * 60 => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMinutes:0} min"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{time.TotalHours:0.0} h"),
    };

    public static string Time(DateTimeOffset time) => time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) + " UTC";

    private static string Scaled(double value, string unit) => value.ToString(value < 10 ? "0.0" : "0", CultureInfo.InvariantCulture) + " " + unit;
}
