using System.Text.Json;
using ActorTrainer.Core.Experiments;

namespace ActorTrainer.Tests.Commands;

public sealed class CheckSpec : IDisposable
{
    private const string Valid = """experiment { data { train = "pictures" }, model.architecture = lenet5, training.phases = [{ epochs = 1 }] }""";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private async Task<Invocation> Check(string text, params string[] more)
    {
        await File.WriteAllTextAsync(_folder["x.conf"], text);
        return await Invocation.Of(["check", _folder["x.conf"], .. more]);
    }

    [Fact]
    public async Task The_effective_configuration_reads_back_to_the_same_hash()
    {
        var result = await Check(Valid, "--set", "experiment.seed=7");
        Assert.Equal(0, result.ExitCode);
        var before = ExperimentFile.Read(_folder["x.conf"], ["experiment.seed=7"]).Configuration!;
        Assert.Equal(before.Hash, ExperimentFile.Parse(result.Output, "x.conf").Configuration!.Hash);
        Assert.Contains("pictures is not there", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_error_is_told_at_once_with_its_place()
    {
        var result = await Check("""experiment { sead = 1, data { train = "x", image-size = big }, model.architecture = lenet5, training.phases = [{ epochs = 1 }] }""");
        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.Contains("did you mean 'seed'?", result.Error, StringComparison.Ordinal);
        Assert.Contains("experiment.data.image-size", result.Error, StringComparison.Ordinal);
        Assert.Contains("x.conf:1:", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task As_json_errors_and_configuration_are_one_object_in_snake_case()
    {
        var wrong = JsonDocument.Parse((await Check("experiment { ", "--json")).Output).RootElement;
        Assert.False(wrong.GetProperty("valid").GetBoolean());
        Assert.True(wrong.GetProperty("errors").GetArrayLength() > 0);
        var right = JsonDocument.Parse((await Check(Valid, "--json")).Output).RootElement;
        Assert.True(right.GetProperty("valid").GetBoolean());
        Assert.Equal(64, right.GetProperty("configuration_hash").GetString()!.Length);
        Assert.Equal("42", right.GetProperty("settings").GetProperty("experiment.seed").GetString());
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_wrong_use()
    {
        var result = await Invocation.Of("check", _folder["none.conf"]);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("none.conf", result.Error, StringComparison.Ordinal);
    }
}
