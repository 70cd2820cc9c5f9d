using System.Text.RegularExpressions;

namespace ActorTrainer.EndToEnd.Tests.Deploy;

/// <summary>How deploy/ calls the program, wherever it does.</summary>
internal static partial class Commands
{
    /// <summary>File, command, options: of compose's commands, the pods' arguments, the units' and images' lines, and the READMEs' examples.</summary>
    public static IReadOnlyList<(string File, string Command, IReadOnlyList<string> Options)> All { get; } =
    [
        .. DeployFiles.Compose.Entries("services").Values.Select(service => Of("compose.yaml", service.Texts("command"))),
        .. DeployFiles.StatefulSets.Select(set => Of(set.File, Assert.Single(set.Items("spec.template.spec.containers")).Texts("args"))),
        .. new[] { "*.md", "*.service", "*.example", "*.sh", "Dockerfile*" }.SelectMany(DeployFiles.All).SelectMany(file => File.ReadLines(file).SelectMany(line => In(file, line))),
    ];

    /// <summary>A program in the path.</summary>
    public static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    private static IEnumerable<(string, string, IReadOnlyList<string>)> In(string file, string line)
    {
        // The options of a unit's node stand in its environment file.
        if (line.StartsWith("NODE_OPTIONS=", StringComparison.Ordinal)) yield return Of(file, ["node", .. line["NODE_OPTIONS=".Length..].Split(' ')]);
        foreach (Match call in Call().Matches(line)) yield return Of(file, call.Groups[1].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    private static (string File, string Command, IReadOnlyList<string> Options) Of(string file, IReadOnlyList<string> words) =>
        (file, words is ["bench", var what, ..] ? $"bench {what}" : words.Count == 0 ? "" : words[0], [.. words.Where(word => word.StartsWith("--", StringComparison.Ordinal))]);

    /// <summary>The program's name or path or image, then a command: a word of letters.</summary>
    [GeneratedRegex(@"(?:^|[\s/])(?<!-n )actortrainer(?::[a-z]+)? ([a-z]+(?: [^`|]*)?)")]
    private static partial Regex Call();
}
