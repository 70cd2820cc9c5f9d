using System.Globalization;
using System.Text.RegularExpressions;
using Akka.Event;

namespace ActorTrainer.Actors.Hosting;

/// <summary>
/// An event as whoever reads the log at night wants it: when, how bad, who, what. A connection that is lost is one line, since the cluster says what comes of
/// it; what remoting tells about its own housekeeping is none.
/// </summary>
internal static partial class LogLine
{
    private const string Endpoints = "/system/endpointManager/";

    /// <summary>Null: nothing to be read.</summary>
    public static string? Of(LogEvent e)
    {
        string text = e.Message?.ToString() ?? "";
        if (IsHousekeeping(e, text)) return null;
        if (e.LogSource.Contains(Endpoints, StringComparison.Ordinal) && LostConnection().Match(text) is { Success: true } lost)
            return Line(e, "remoting", $"The connection to {lost.Groups["peer"].Value} is lost: {lost.Groups["reason"].Value}");
        string line = Line(e, Short(e.LogSource), Address().Replace(ClusterNode().Replace(text, ""), ""));
        return e.Cause is null ? line : line + Environment.NewLine + e.Cause;
    }

    private static string Line(LogEvent e, string source, string text) => string.Create(CultureInfo.InvariantCulture, $"{e.Timestamp:yyyy-MM-ddTHH:mm:ss.fffZ} {Level(e),-5} {source}: {text}");

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

    /// <summary>An actor by its path, anything else by its name; not where it is, since each node has its own log.</summary>
    private static string Short(string source) => Place().Replace(source, "");

    [GeneratedRegex(@"^akka(\.\w+)?://[^/]+/(user/)?|(?<=.) \(akka://\w+\)$")]
    private static partial Regex Place();

    [GeneratedRegex(@"akka(\.\w+)?://\w+@(?=\S+:\d)")]
    private static partial Regex Address();

    [GeneratedRegex(@"^Cluster Node \[\S+?\] - ")]
    private static partial Regex ClusterNode();

    [GeneratedRegex(@"^Association with remote system akka\.\w+://\w+@(?<peer>\S+) has failed.*?: \[(\w+\.)*(\w+: )?(?<reason>[^\r\n]*)")]
    private static partial Regex LostConnection();
}
