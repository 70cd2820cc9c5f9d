using System.Text.RegularExpressions;

namespace ActorTrainer.Core.Experiments;

/// <summary>Credentials belong in the node file; where an experiment names one all the same, it is refused and never shown.</summary>
internal static partial class Secrets
{
    public static bool IsIn(string text) => Pattern().IsMatch(text);

    public static string Mask(string text) => Pattern().Replace(text, "://***@");

    /// <summary>The user part of an address: <c>scheme://user:secret@host</c>.</summary>
    [GeneratedRegex(@"://[^\s/@""]+@")]
    private static partial Regex Pattern();
}
