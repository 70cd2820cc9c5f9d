using System.Runtime.InteropServices;

namespace ActorTrainer.Transport.Gradients.Gpu;

/// <summary>A shared library that may be there, looked up when it is wanted; what is missing is said by name.</summary>
internal sealed class NativeFunctions
{
    private readonly nint _library;
    private readonly string _name;

    private NativeFunctions(nint library, string name) => (_library, _name) = (library, name);

    /// <param name="names">Sonames or paths; the first that loads and has the function.</param>
    /// <param name="reason">For a person, where none does.</param>
    public static NativeFunctions? Load(IReadOnlyList<string> names, string function, out string? reason)
    {
        foreach (string name in names)
        {
            if (!NativeLibrary.TryLoad(name, out nint library) || !NativeLibrary.TryGetExport(library, function, out _)) continue;
            reason = null;
            return new(library, name);
        }

        reason = $"{names[0]} can't be loaded";
        return null;
    }

    /// <summary>Throws <see cref="EntryPointNotFoundException"/> naming it and the library.</summary>
    public nint this[string function] => NativeLibrary.TryGetExport(_library, function, out nint address)
        ? address
        : throw new EntryPointNotFoundException($"{_name} has no {function}: it is too old, or something else of that name");
}
