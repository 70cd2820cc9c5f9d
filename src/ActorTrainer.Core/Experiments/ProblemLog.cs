using ActorTrainer.Core.Experiments.Hocon;

namespace ActorTrainer.Core.Experiments;

/// <summary>Collects what is wrong, in the order it is found, each place and message once; knows the source lines to show.</summary>
internal sealed class ProblemLog
{
    /// <summary>A file of rubbish must not answer with more rubbish than a person can read.</summary>
    private const int Most = 100;
    private const int LongestPath = 200, LongestMessage = 1_000;

    private readonly Dictionary<string, string[]> _sources = [];
    private readonly List<ConfigurationProblem> _errors = [], _warnings = [];
    private readonly HashSet<(string, int, int, string)> _seen = [];

    public IReadOnlyList<ConfigurationProblem> Errors => _errors;
    public IReadOnlyList<ConfigurationProblem> Warnings => _warnings;

    public void AddSource(string file, string text) => _sources[file] = text.Split('\n');

    /// <summary>No further error will be told: finding out more about them is in vain.</summary>
    public bool IsFull => _errors.Count >= Most;

    public void Error(string path, HoconOrigin origin, string message, string? suggestion = null) => Add(_errors, path, origin, message, suggestion);

    public void Warning(string path, HoconOrigin origin, string message) => Add(_warnings, path, origin, message, null);

    private void Add(List<ConfigurationProblem> to, string path, HoconOrigin origin, string message, string? suggestion)
    {
        message = Shorten(message, LongestMessage);
        if (to.Count >= Most || !_seen.Add((origin.File, origin.Line, origin.Column, message))) return;
        to.Add(new(Shorten(path, LongestPath), origin.File, origin.Line, origin.Column, message, suggestion, LineAt(origin)));
    }

    /// <summary>Masked once and kept, so that many problems of one long line share it.</summary>
    private string? LineAt(HoconOrigin origin)
    {
        if (!_sources.TryGetValue(origin.File, out var lines) || origin.Line < 1 || origin.Line > lines.Length) return null;
        ref string line = ref lines[origin.Line - 1];
        string masked = Secrets.Mask(line.TrimEnd('\r'));
        return line = masked;
    }

    private static string Shorten(string text, int most) => text.Length <= most ? text : $"{text[..(most - 3)]}...";
}
