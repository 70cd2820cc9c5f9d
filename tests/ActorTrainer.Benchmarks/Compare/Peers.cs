using ActorTrainer.Benchmarks.Processes;

namespace ActorTrainer.Benchmarks.Compare;

/// <summary>The Python programs in <c>peers/</c>, by <c>$PYTHON</c>, else <c>/usr/bin/python3</c>.</summary>
internal static class Peers
{
    private const string Variable = "PYTHON", Usual = "/usr/bin/python3";

    public static string Python { get; } = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } chosen ? chosen : Usual;

    public static string Of(string program) => Path.Combine(AppContext.BaseDirectory, "peers", program);

    /// <summary>Modules with their versions; null: one of them can't be imported, or there is no Python.</summary>
    public static async Task<string?> VersionsAsync(IReadOnlyCollection<string> modules, CancellationToken cancel)
    {
        string code = $"import {string.Join(", ", modules)}; print(', '.join(m.__name__ + ' ' + m.__version__ for m in [{string.Join(", ", modules)}]))";
        try
        {
            return (await Programs.OutputAsync(Python, ["-c", code], cancel).ConfigureAwait(false)).Trim();
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
