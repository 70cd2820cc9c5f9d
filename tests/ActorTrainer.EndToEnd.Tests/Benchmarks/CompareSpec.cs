using System.Diagnostics;
using ActorTrainer.EndToEnd.Tests.Processes;

namespace ActorTrainer.EndToEnd.Tests.Benchmarks;

/// <summary>The table that compares with peers can still be made: rows that need none, and one that does where there is a Python with its modules. What it says is not asserted.</summary>
[Collection(ProcessTests.Name)]
public sealed class CompareSpec : IDisposable
{
    private readonly Workshop _workshop = new();

    public void Dispose() => _workshop.Dispose();

    [SkippableFact]
    public async Task A_table_has_a_line_for_everything_that_was_asked_for()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Processor time of other processes is looked up in /proc.");
        string file = Path.Combine(_workshop.Folder, "table.md");

        string said = await CompareAsync(["--rows", "overhead,features,memory,start,allreduce", "--output", file]);

        string[] lines = (await File.ReadAllLinesAsync(file)).Where(line => line.StartsWith("| ", StringComparison.Ordinal)).ToArray();
        Assert.True(lines.Length == 1 + 2 + 1 + 1 + 5 + 2, said);
        Assert.All(lines.Skip(1), line => Assert.Matches(@"\d\.\d+ \(\d|left out: .* can't import", line));
        Assert.DoesNotContain(lines, line => !line.Contains("Gloo", StringComparison.Ordinal) && line.Contains("left out", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_peer_that_is_not_there_is_left_out_and_said_to_be()
    {
        string file = Path.Combine(_workshop.Folder, "table.md");

        await CompareAsync(["--rows", "step", "--output", file], python: "/nowhere/python3");

        Assert.Contains("left out: /nowhere/python3 can't import torch, torchvision", await File.ReadAllTextAsync(file), StringComparison.Ordinal);
    }

    private static async Task<string> CompareAsync(string[] arguments, string? python = null)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "ActorTrainer.Benchmarks"),
            ["compare", "--quick", "--n", "1", "--threads", "1", "--experiment", Repository.Path("config", "quickstart.conf"), .. arguments])
        {
            RedirectStandardError = true, RedirectStandardOutput = true,
        };
        if (python is not null) start.Environment["PYTHON"] = python;
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        string said = await output + await error;
        Assert.True(process.ExitCode == 0, said);
        return said;
    }
}
