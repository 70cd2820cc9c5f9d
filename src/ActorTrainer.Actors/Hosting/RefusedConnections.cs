using System.Text.RegularExpressions;

namespace ActorTrainer.Actors.Hosting;

/// <summary>
/// What remoting's server end logs of whoever is refused, once for each address and reason: one that goes on trying would fill the disk. What differs from one
/// attempt to the next are ports and channels.
/// </summary>
internal sealed partial class RefusedConnections
{
    private const string Source = "TcpServerHandler";
    private const int Most = 1000;
    private readonly HashSet<string> _logged = [];

    public bool IsKnown(string source, string message) =>
        source.StartsWith(Source, StringComparison.Ordinal) && (!_logged.Add(Varying().Replace(message, "")) || _logged.Count > Most);

    [GeneratedRegex(@"(?<=\]):\d+|Id=[0-9a-f]+")]
    private static partial Regex Varying();
}
