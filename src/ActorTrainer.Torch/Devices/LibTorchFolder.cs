using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Torch.Devices;

/// <summary>
/// Where libtorch comes from: beside the program, as two of the three backends put it there, or, with <c>-p:TorchBackend=none</c>, from a folder that
/// <see cref="Variable"/> names: <c>lib</c> of libtorch, or <c>torch/lib</c> of an installed PyTorch, of the same version.
/// </summary>
public static class LibTorchFolder
{
    public const string Variable = "ACTORTRAINER_LIBTORCH";

    /// <summary>In the order in which they need each other; those of CUDA where they are there.</summary>
    private static readonly string[] Libraries = ["libc10.so", "libtorch_cpu.so", "libc10_cuda.so", "libtorch_cuda.so", "libtorch.so"];

    private static readonly string? Own = FindOwn();

    private static readonly Lazy<Dictionary<string, nint>> Loaded = new(() => Load(Own ?? Named!));

    /// <summary>The version that TorchSharp was made for.</summary>
    public static string Wanted { get; } = typeof(LibTorchFolder).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(data => data.Key == "LibTorchVersion").Value!;

    /// <summary>Whether it stands beside the program.</summary>
    public static bool IsOwn => Own is not null;

    /// <summary>Null: none is named.</summary>
    public static string? Named => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } path ? path : null;

    /// <summary>For a person.</summary>
    public static string Text => Named is { } path && !IsOwn ? $"{VersionOf(path) ?? "unknown version"} of {path}" : $"{Wanted} of this program";

    /// <summary>Before anything touches libtorch. Only what is not beside the program is ever asked for here, and nothing is loaded before it is.</summary>
    internal static void Serve() => AssemblyLoadContext.Default.ResolvingUnmanagedDll += (_, name) => Problem is null && !IsOwn ? Loaded.Value.GetValueOrDefault($"lib{name}.so") : 0;

    /// <summary>Throws <see cref="EngineException"/> where there is none, or one that can't be used, with what to do.</summary>
    internal static void Verify()
    {
        if (Problem is { } problem) throw new EngineException(problem);
        _ = Loaded.Value;
    }

    /// <summary>Whether the libtorch that is loaded was built for CUDA.</summary>
    internal static bool HasCuda => NativeLibrary.TryLoad(OperatingSystem.IsWindows() ? "torch_cuda.dll" : "libtorch_cuda.so", out _);

    private static string? Problem => IsOwn
        ? Named is null ? null : $"${Variable} names {Named}, but this program was built with a libtorch of its own: leave the variable out, or build with -p:TorchBackend=none."
        : ProblemOf(Named);

    /// <summary>Null: it can be used.</summary>
    internal static string? ProblemOf(string? path)
    {
        string wanted = $"the folder of libtorch {Wanted}'s libraries (lib of libtorch, or torch/lib of an installed PyTorch {Wanted})";
        if (path is null) return $"This program was built without libtorch (-p:TorchBackend=none): set ${Variable} to {wanted}.";
        if (!OperatingSystem.IsLinux()) return $"${Variable} is for Linux; build with -p:TorchBackend=cpu or cuda here.";
        if (!File.Exists(Path.Combine(path, "libtorch_cpu.so"))) return $"${Variable} = {path}: there is no libtorch_cpu.so. Name {wanted}.";
        return VersionOf(path) is { } version && version.Split('+')[0] != Wanted ? $"${Variable} = {path} has version {version}, and {Wanted} is needed: other versions have other functions." : null;
    }

    /// <summary>From the file that libtorch or PyTorch has beside its <c>lib</c>; null where there is none.</summary>
    internal static string? VersionOf(string path)
    {
        string above = Path.GetDirectoryName(Path.GetFullPath(Path.TrimEndingDirectorySeparator(path))) ?? path;
        string libtorch = Path.Combine(above, "build-version"), python = Path.Combine(above, "version.py");
        if (File.Exists(libtorch)) return File.ReadAllText(libtorch).Trim();
        return File.Exists(python) && File.ReadLines(python).FirstOrDefault(line => line.StartsWith("__version__", StringComparison.Ordinal)) is { } line
            ? line.Split('=', 2)[1].Trim().Trim('\'', '"')
            : null;
    }

    /// <summary>TorchSharp would only say that it can't; what the loader says names the library that is missing, or cut short.</summary>
    internal static Dictionary<string, nint> Load(string path)
    {
        try
        {
            return Libraries.Where(file => File.Exists(Path.Combine(path, file))).ToDictionary(file => file, file => NativeLibrary.Load(Path.Combine(path, file)));
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            throw new EngineException($"libtorch of {path} can't be loaded: {e.Message.TrimEnd().Split('\n')[^1]}", e);
        }
    }

    private static string? FindOwn()
    {
        string file = OperatingSystem.IsWindows() ? "torch_cpu.dll" : OperatingSystem.IsMacOS() ? "libtorch_cpu.dylib" : "libtorch_cpu.so";
        string[] searched = (AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string)?.Split(Path.PathSeparator) ?? [];
        return searched.Append(AppContext.BaseDirectory).Append(Path.Combine(AppContext.BaseDirectory, "runtimes", RuntimeInformation.RuntimeIdentifier, "native"))
            .FirstOrDefault(folder => folder.Length > 0 && File.Exists(Path.Combine(folder, file)));
    }
}
