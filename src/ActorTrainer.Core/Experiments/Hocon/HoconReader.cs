using System.Collections.Immutable;

namespace ActorTrainer.Core.Experiments.Hocon;

/// <summary>
/// Reads HOCON: files with their includes into one syntax tree, then every substitution.
/// (A deviation from the standard on purpose: a bare key holds no spaces, so that a forgotten '=' is found.)
/// </summary>
internal sealed class HoconReader(ConfigurationSources sources, ProblemLog problems)
{
    private readonly Stack<string> _reading = [];
    private int _included;

    /// <summary>The top-level keys that substitutions refer to: variables of the file's own, no mistakes.</summary>
    public IReadOnlySet<string> Referenced { get; private set; } = new HashSet<string>();

    /// <summary>The resolved root; null where there is nothing to go on with. All that is wrong is in the log.</summary>
    /// <param name="file">How messages name it.</param>
    /// <param name="path">Absolute: what includes and relative paths start from.</param>
    public HoconObject? Read(string file, string path, string text)
    {
        int errors = problems.Errors.Count;
        var syntax = Parse(new(file, FolderOf(path), text), path, []);
        if (syntax is null || problems.Errors.Count > errors) return null;
        var resolver = new HoconResolver(syntax, sources, problems);
        var root = resolver.Resolve();
        Referenced = resolver.Referenced;
        return root;
    }

    private ObjectSyntax? Parse(HoconText text, string path, ImmutableArray<string> prefix)
    {
        problems.AddSource(text.File, text.Text);
        if (text.Text.Length > HoconLimits.FileBytes)
        {
            problems.Error("", text.Origin(0), $"the text is longer than {HoconLimits.FileBytes} characters");
            return null;
        }

        _reading.Push(path);
        try
        {
            return new HoconParser(text, problems, Include, prefix).ParseFile();
        }
        catch (HoconException e)
        {
            problems.Error("", e.Origin, e.Message);
            return null;
        }
        finally
        {
            _reading.Pop();
        }
    }

    private ObjectSyntax? Include(string name, bool required, HoconText from, HoconOrigin at, ImmutableArray<string> prefix)
    {
        if (sources.IsIsolated) return Refuse("includes are not read here: send the resolved file");
        if (name.Length == 0 || name.Contains('\0', StringComparison.Ordinal)) return Refuse("expected a file's name");
        string path = Path.GetFullPath(name, from.Folder);
        if (_reading.Contains(path)) return Refuse($"'{name}' includes itself: {string.Join(" > ", _reading.Reverse().Append(path).Select(Path.GetFileName))}");
        if (_reading.Count > HoconLimits.IncludeDepth || ++_included > HoconLimits.Includes)
            return Refuse($"more than {HoconLimits.Includes} includes, or more than {HoconLimits.IncludeDepth} within each other");
        try
        {
            if (sources.ReadFile(path, HoconLimits.FileBytes) is not { } text)
            {
                if (required) return Refuse($"the file '{path}' is not there");
                problems.Warning("", at, $"the file '{path}' is not there; nothing is included");
                return null;
            }

            string shown = Path.IsPathRooted(name) ? name : Path.Combine(Path.GetDirectoryName(from.File) ?? "", name);
            return Parse(new(shown, FolderOf(path), text), path, prefix);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Refuse($"the file '{path}' can't be read: {e.Message}");
        }

        ObjectSyntax? Refuse(string message)
        {
            problems.Error("", at, message);
            return null;
        }
    }

    private static string FolderOf(string path) => Path.GetDirectoryName(path) ?? path;
}
