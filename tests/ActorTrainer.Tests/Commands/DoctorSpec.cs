using System.Text.Json;

namespace ActorTrainer.Tests.Commands;

public sealed class DoctorSpec : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Every_check_has_a_line_and_nothing_is_left_behind()
    {
        var result = await Invocation.Of("doctor", "--json", "--runs", _folder["runs"]);
        Assert.Equal(0, result.ExitCode);
        var checks = JsonDocument.Parse(result.Output).RootElement.GetProperty("checks").EnumerateArray().ToDictionary(c => c.GetProperty("name").GetString()!, c => c.GetProperty("health").GetString());
        Assert.All(["pictures", "libtorch", "journal", "locks"], name => Assert.Equal("ok", checks[name]));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task What_a_run_needs_and_has_not_is_exit_code_1_with_advice()
    {
        var services = Invocation.Services with { Engine = () => throw new DllNotFoundException("libtorch.so: cannot open shared object file") };
        var result = await Invocation.Of(services, "doctor", "--runs", _folder.Path);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("fail libtorch     libtorch.so: cannot open", result.Output, StringComparison.Ordinal);
    }
}
