namespace ActorTrainer.Data.Sources;

/// <summary>Where a user's caches are on this machine. What is in them can be deleted at any time: nothing depends on it but how long things take.</summary>
public static class UserCache
{
    /// <summary>An absolute path: there; <c>off</c>: nowhere.</summary>
    public const string Variable = "ACTORTRAINER_CACHE";

    /// <summary>
    /// What the variable names, else <c>$XDG_CACHE_HOME/actortrainer</c>, else <c>~/.cache/actortrainer</c>; null where there is no such place, or none is
    /// wanted. It need not be there yet.
    /// </summary>
    /// <param name="variable">Reads the environment.</param>
    public static string? Folder(Func<string, string?> variable)
    {
        if (variable(Variable) is { Length: > 0 } named && (named == "off" || Path.IsPathRooted(named))) return named == "off" ? null : named;
        string? above = variable("XDG_CACHE_HOME") is { } caches && Path.IsPathRooted(caches) ? caches
            : variable("HOME") is { Length: > 0 } home && Path.IsPathRooted(home) ? Path.Combine(home, ".cache") : null;
        return above is null ? null : Path.Combine(above, "actortrainer");
    }
}
