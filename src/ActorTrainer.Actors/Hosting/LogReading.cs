using System.Globalization;
using System.Text.RegularExpressions;
using Akka.Event;

namespace ActorTrainer.Actors.Hosting;

/// <summary>
/// Akka's events as whoever reads the log at night wants them. A connection that is lost is one line, since the cluster says what comes of
/// it; what remoting tells about its own housekeeping is none.
/// </summary>
internal static partial class LogReading
{
    private const string Endpoints = "/system/endpointManager/";

    /// <summary>Null: nothing to be read.</summary>
    public static LogLine? Of(LogEvent e)
    {
        string text = e.Message?.ToString() ?? "";
        if (IsHousekeeping(e, text)) return null;
        if (e.LogSource.Contains(Endpoints, StringComparison.Ordinal) && LostConnection().Match(text) is { Success: true } lost)
            return Line(e, "remoting", $"The connection to {lost.Groups["peer"].Value} is lost: {lost.Groups["reason"].Value}");
        return Line(e, Short(e.LogSource), Address().Replace(ClusterNode().Replace(text, ""), "")) with
        {
            Experiment = Named(e, "Experiment") ?? Group(Guest(), e.LogSource),
            Generation = Number(Named(e, "Generation") ?? Group(Leader(), e.LogSource)),
            Exception = e.Cause?.ToString(),
        };
    }

    private static LogLine Line(LogEvent e, string source, string text) => new(new(e.Timestamp, TimeSpan.Zero), Level(e), source, text);

    private static bool IsHousekeeping(LogEvent e, string text) =>
        e.LogSource.Contains(Endpoints, StringComparison.Ordinal) && (e.LogLevel() == LogLevel.InfoLevel || text == "Disassociated")
        // It says so at once, whatever it says of the time that it has waited.
        || text.StartsWith("ClusterSingletonProxy failed to find", StringComparison.Ordinal);

    private static string Level(LogEvent e) => e.LogLevel() switch
    {
        LogLevel.ErrorLevel => "ERROR",
        LogLevel.WarningLevel => "WARN",
        LogLevel.InfoLevel => "INFO",
        _ => "DEBUG",
    };

    /// <summary>What the message's own placeholder of this name says.</summary>
    private static string? Named(LogEvent e, string placeholder) => e.TryGetProperties(out var properties) && properties!.TryGetValue(placeholder, out object? value) ? value?.ToString() : null;

    private static string? Group(Regex pattern, string source) => pattern.Match(source) is { Success: true } match ? match.Groups[1].Value : null;

    private static int? Number(string? text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;

    /// <summary>An actor by its path, anything else by its name; not where it is, since each node has its own log.</summary>
    private static string Short(string source) => Place().Replace(source, "");

    /// <summary>Actors of an experiment end with how many times they were started.</summary>
    [GeneratedRegex(@"/(?:experiment|seat|evaluator)-([^/]+)-\d+(?=/|$)")]
    private static partial Regex Guest();

    [GeneratedRegex(@"/generation-(\d+)-(?:begun|found)-")]
    private static partial Regex Leader();

    [GeneratedRegex(@"^akka(\.\w+)?://[^/]+/(user/)?|(?<=.) \(akka://\w+\)$")]
    private static partial Regex Place();

    [GeneratedRegex(@"akka(\.\w+)?://\w+@(?=\S+:\d)")]
    private static partial Regex Address();

    [GeneratedRegex(@"^Cluster Node \[\S+?\] - ")]
    private static partial Regex ClusterNode();

    [GeneratedRegex(@"^Association with remote system akka\.\w+://\w+@(?<peer>\S+) has failed.*?: \[(\w+\.)*(\w+: )?(?<reason>[^\r\n]*)")]
    private static partial Regex LostConnection();
}
