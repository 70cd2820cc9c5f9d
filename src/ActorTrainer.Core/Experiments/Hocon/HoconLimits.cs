namespace ActorTrainer.Core.Experiments.Hocon;

/// <summary>What bounds a hostile file: far above any real experiment, far below what could hurt.</summary>
internal static class HoconLimits
{
    /// <summary>Bytes a file.</summary>
    public const int FileBytes = 1 << 20;
    public const int Includes = 64;
    public const int IncludeDepth = 16;
    /// <summary>Braces, brackets and key elements within each other.</summary>
    public const int Nesting = 64;
    /// <summary>Nesting and substitutions that lead to substitutions, while resolving.</summary>
    public const int ResolutionDepth = 320;
    /// <summary>Values and lookups while resolving.</summary>
    public const int Work = 400_000;
    /// <summary>Characters that concatenation makes.</summary>
    public const int Expanded = 4 << 20;
}

/// <summary>Reading can't go on in this file; the message and place are for a person.</summary>
internal sealed class HoconException(HoconOrigin origin, string message) : Exception(message)
{
    public HoconOrigin Origin { get; } = origin;
}
