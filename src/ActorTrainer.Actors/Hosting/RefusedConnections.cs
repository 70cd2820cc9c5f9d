using System.Text.RegularExpressions;

namespace ActorTrainer.Actors.Hosting;

/// <summary>
/// What remoting logs of connections that are refused, here or at the other end, once for each address and reason: one that goes on trying would fill the
/// disk. What differs from one attempt to the next are the caller's port and the channel.
/// </summary>
internal sealed partial class RefusedConnections
{
    private const string Source = "TcpServerHandler", Unreachable = "Tried to associate with unreachable remote address";
    private const int Most = 1000;
    private readonly HashSet<string> _logged = [];

    public bool IsKnown(string source, string message) =>
        (source.StartsWith(Source, StringComparison.Ordinal) || message.StartsWith(Unreachable, StringComparison.Ordinal)) && (!_logged.Add(Varying().Replace(message, "")) || _logged.Count > Most);

    [GeneratedRegex(@"(?<=\]):\d+|Id=[0-9a-f]+")]
    private static partial Regex Varying();
}
