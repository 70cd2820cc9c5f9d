using System.Diagnostics;

namespace ActorTrainer.Benchmarks.Processes;

/// <summary>The programs that stand beside this one: the product, and the benchmarks themselves.</summary>
internal static class Programs
{
    public static string Product { get; } = Path.Combine(AppContext.BaseDirectory, "actortrainer");

    public static string Benchmarks { get; } = Path.Combine(AppContext.BaseDirectory, "ActorTrainer.Benchmarks");

    /// <summary>Both streams are the caller's to read; nobody answers questions. The runs folder and whatever else the user's environment would say is the caller's to name.</summary>
    public static Process Start(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string variable in start.Environment.Keys.Where(name => name.StartsWith("ACTORTRAINER_", StringComparison.Ordinal) && name != "ACTORTRAINER_CACHE").ToList()) start.Environment.Remove(variable);
        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    }

    /// <summary>What it wrote to stdout. Throws <see cref="InvalidOperationException"/> with what it said where it fails.</summary>
    public static async Task<string> OutputAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancel)
    {
        using var process = Start(program, arguments);
        try
        {
            var (output, error) = (process.StandardOutput.ReadToEndAsync(cancel), process.StandardError.ReadToEndAsync(cancel));
            await process.WaitForExitAsync(cancel).ConfigureAwait(false);
            return process.ExitCode == 0 ? await output.ConfigureAwait(false)
                : throw new InvalidOperationException($"{Path.GetFileName(program)} {string.Join(' ', arguments)} ended with {process.ExitCode}:\n{await error.ConfigureAwait(false)}{await output.ConfigureAwait(false)}");
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }
}
