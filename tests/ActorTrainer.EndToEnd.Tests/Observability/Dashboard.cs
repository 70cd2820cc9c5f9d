using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace ActorTrainer.EndToEnd.Tests.Observability;

/// <summary>What deploy/grafana's dashboard asks of Prometheus.</summary>
internal static partial class Dashboard
{
    private static readonly HashSet<string> Words = ["by", "without", "and", "or", "unless", "on", "ignoring", "bool", "offset"];

    /// <summary>Of its panels and variables.</summary>
    public static IReadOnlyList<string> Queries { get; } = [.. Read()];

    /// <summary>The metrics of a query: its names, but for functions, operators and labels.</summary>
    public static IEnumerable<string> MetricsOf(string query)
    {
        string bare = Ranges().Replace(Labels().Replace(Lists().Replace(query, " "), ""), "");
        return Names().Matches(bare).Select(match => match.Value).Where(name => !Words.Contains(name)).Distinct();
    }

    private static IEnumerable<string> Read()
    {
        var dashboard = JsonNode.Parse(File.ReadAllText(Repository.Path("deploy", "grafana", "dashboard.json")))!;
        foreach (var panel in dashboard["panels"]!.AsArray())
        {
            foreach (var target in panel!["targets"]?.AsArray() ?? []) yield return (string)target!["expr"]!;
        }

        foreach (var variable in dashboard["templating"]!["list"]!.AsArray().Where(variable => (string)variable!["type"]! == "query"))
            yield return Values().Match((string)variable!["query"]!).Groups[1].Value;
    }

    [GeneratedRegex(@"\b(?:by|without|on|ignoring)\s*\([^)]*\)")]
    private static partial Regex Lists();

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Labels();

    [GeneratedRegex(@"\[[^\]]*\]")]
    private static partial Regex Ranges();

    [GeneratedRegex(@"(?<![\w.])[a-z_]\w*\b(?!\s*\()")]
    private static partial Regex Names();

    [GeneratedRegex(@"^label_values\((\w+), \w+\)$")]
    private static partial Regex Values();
}
