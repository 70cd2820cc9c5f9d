namespace ActorTrainer.Tests.Commands;

public sealed class ServeSpec : IDisposable
{
    private readonly TemporaryRuns _runs = new();

    public void Dispose() => _runs.Dispose();

    [Fact]
    public async Task Where_others_could_reach_it_it_does_not_start_without_certificates()
    {
        var result = await Invocation.Of("serve", "--runs", _runs.Runs.Path, "--host", "0.0.0.0", "--http", "0");
        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.Contains("needs TLS", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_cannot_be_read_is_one_clear_message()
    {
        var result = await Invocation.Of("serve", "--runs", _runs.Runs.Path, "--config", "nowhere.conf");
        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.Contains("nowhere.conf: there is no such file", result.Error, StringComparison.Ordinal);
    }
}
