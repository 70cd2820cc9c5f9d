using System.Diagnostics;

namespace ActorTrainer.Tests.Commands;

/// <summary>What only looks is quick: it loads neither libtorch nor Akka nor a codec. Asked of the real process, by a start-up hook in this assembly.</summary>
public sealed class StartupSpec : IDisposable
{
    private static readonly string[] Heavy = ["TorchSharp", "Akka", "SkiaSharp", "Google.Protobuf", "OpenTelemetry"];
    private readonly TemporaryRuns _runs = new TemporaryRuns().With("birds", Some.History());
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _runs.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("run", "--help")]
    [InlineData("list")]
    [InlineData("show", "birds", "--json")]
    [InlineData("watch", "birds")]
    public async Task What_only_looks_loads_neither_libtorch_nor_akka(params string[] args)
    {
        string[] loaded = await LoadedBy(args);
        Assert.Contains("System.CommandLine", loaded);
        Assert.DoesNotContain(loaded, name => Heavy.Any(heavy => name.StartsWith(heavy, StringComparison.Ordinal)));
    }

    private async Task<string[]> LoadedBy(string[] args)
    {
        string host = Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";
        var start = new ProcessStartInfo(host, [Path.Combine(AppContext.BaseDirectory, "actortrainer.dll"), .. args]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOTNET_STARTUP_HOOKS"] = typeof(StartupSpec).Assembly.Location;
        start.Environment[StartupHook.Variable] = _folder["loaded"];
        start.Environment["ACTORTRAINER_RUNS"] = _runs.Runs.Path;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        string error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, error + await output);
        return await File.ReadAllLinesAsync(_folder["loaded"]);
    }
}
