using System.Text.Json.Nodes;
using ActorTrainer.Api;
using ActorTrainer.Tests.Api;
using static ActorTrainer.Tests.Api.BirdModels;

namespace ActorTrainer.Tests.Commands;

public sealed class ModelsSpec : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Where_there_is_none_it_is_said_how_one_comes_to_be()
    {
        await using var gateway = await TestGateway.StartAsync();
        var result = await Invocation.Of("models", "--server", gateway.Url);
        Assert.Equal((0, ""), (result.ExitCode, result.Output));
        Assert.Contains("A run that has completed is a model", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_version_is_promoted_tried_and_taken_back_and_all_of_it_is_shown()
    {
        await using var gateway = await TestGateway.StartAsync();
        string newer = gateway.Runs.WithModel("birds", Wren), older = gateway.Runs.WithModel("birds.1", Crow);
        Assert.Equal(["birds", newer, "being", "the", "newest", "-", "-", "2", "-"], Words((await Invoke("models")).Output, "birds"));

        Assert.Contains($"version {older} answers.", (await Done("promote", "birds", older)).Error, StringComparison.Ordinal);
        Assert.Contains($"version {newer} is given 0.25 of the requests", (await Done("trial", "birds", newer, "--share", "0.25")).Error, StringComparison.Ordinal);
        Assert.Equal(["birds", older, "promotion", newer, "0.25", "2", "-"], Words((await Invoke("models")).Output, "birds"));
        var line = JsonNode.Parse((await Invoke("models", "--json")).Output)!;
        Assert.Equal(("birds", older, newer, 0.25), ((string)line["name"]!, (string)line["answering"]!, (string)line["canary"]!["version"]!, (double)line["canary"]!["share"]!));

        string shown = (await Done("show", "birds")).Output;
        Assert.Contains($"{older}, promoted by hand on ", shown, StringComparison.Ordinal);
        Assert.Equal([newer, "on", "trial", "birds", "40", "0.9000"], Words(shown, newer)[..6]);
        Assert.Equal([older, "answers", "birds.1", "40", "0.9000"], Words(shown, older)[..5]);

        Assert.Contains($"the trial has ended; version {older} answers all", (await Done("end-trial", "birds")).Error, StringComparison.Ordinal);
        Assert.Contains($"version {newer} answers; none is promoted any more", (await Done("rollback", "birds")).Error, StringComparison.Ordinal);
        Assert.Contains($"{newer}, the newest; none is promoted", (await Done("show", "birds")).Output, StringComparison.Ordinal);
        var model = JsonNode.Parse((await Done("show", "birds", "--json")).Output)!;
        Assert.Equal([("promoted", older), ("canary-began", newer), ("canary-ended", newer), ("rolled-back", older)],
            model["history"]!.AsArray().Select(decided => ((string)decided!["decision"]!, (string)decided["version"]!)));
        Assert.Equal(0.25, (double)model["history"]![1]!["share"]!);
        Assert.Equal(older, (string)JsonNode.Parse((await Done("promote", "birds", older, "--json")).Output)!["promoted"]!);

        Task<Invocation> Invoke(params string[] args) => Invocation.Of([.. args, "--server", gateway.Url]);

        async Task<Invocation> Done(params string[] args)
        {
            var result = await Invoke(["models", .. args]);
            Assert.True(result.ExitCode == 0, result.Error);
            return result;
        }
    }

    [Fact]
    public async Task A_rule_is_shown_with_what_became_of_it()
    {
        await using var gateway = await TestGateway.StartAsync();
        string older = gateway.Runs.WithModel("birds.1", Crow), newer = gateway.Runs.WithModel("birds", Wren, rule: "top1 > current");
        string shown = "";
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!shown.Contains("has not held", StringComparison.Ordinal))
        {
            await Task.Delay(50, patience.Token);
            shown = (await Invocation.Of("models", "show", "birds", "--server", gateway.Url)).Output;
        }

        Assert.Contains($"{older}, the newest without a rule; none is promoted", shown, StringComparison.Ordinal);
        Assert.Contains("not promoted by its rule", shown, StringComparison.Ordinal);
        Assert.Contains("top1 (0.9) > current (0.9)", shown, StringComparison.Ordinal);
        Assert.EndsWith("top1 > current", (await Invocation.Of("models", "--server", gateway.Url)).Output.TrimEnd(), StringComparison.Ordinal);
        var decided = JsonNode.Parse((await Invocation.Of("models", "show", "birds", "--json", "--server", gateway.Url)).Output)!["history"]!.AsArray().Single()!;
        Assert.Equal(("refused-by-rule", newer), ((string)decided["decision"]!, (string)decided["version"]!));
    }

    [Fact]
    public async Task What_is_refused_is_said_in_the_words_of_the_service_with_exit_code_2()
    {
        await using var gateway = await TestGateway.StartAsync();
        string newer = gateway.Runs.WithModel("birds", Wren), older = gateway.Runs.WithModel("birds.1", Crow);
        await Refused("no model 'fish'", "show", "fish");
        await Refused("not a run's name", "show", "no such model");
        await Refused($"no version '7'. It has: {newer}, {older}.", "promote", "birds", "7");
        await Refused($"It has: {newer}, {older}.", "trial", "birds", "7", "--share", "0.1");
        await Refused("--share", "trial", "birds", older);
        await Refused("greater than 0", "trial", "birds", older, "--share", "10");
        await Refused("answers already", "trial", "birds", newer, "--share", "0.1");
        await Refused("No version of 'birds' is on trial", "end-trial", "birds");
        await Refused("nothing to take back", "rollback", "birds");
        await Refused($"It has: {newer}, {older}.", "download", "birds@7", _folder["7.safetensors"]);
        var nowhere = await Invocation.Of("models");
        Assert.Equal(2, nowhere.ExitCode);
        Assert.Contains("--server URL", nowhere.Error, StringComparison.Ordinal);

        async Task Refused(string words, params string[] args)
        {
            var result = await Invocation.Of(["models", .. args, "--server", gateway.Url]);
            Assert.Equal((2, ""), (result.ExitCode, result.Output));
            Assert.Contains(words, result.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_version_that_can_not_be_loaded_is_exit_code_1_and_another_goes_on_answering()
    {
        await using var gateway = await TestGateway.StartAsync();
        string newer = gateway.Runs.WithModel("birds", Wren), older = gateway.Runs.WithModel("birds.1", Crow);
        File.Delete(Path.Combine(gateway.Runs.Runs[new("birds.1")].CheckpointFolder, "1-40", "weights.safetensors"));
        var result = await Invocation.Of("models", "promote", "birds", older, "--server", gateway.Url);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("weights.safetensors is missing", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("trying again", result.Error, StringComparison.Ordinal);
        Assert.Equal(newer, (string)JsonNode.Parse((await Invocation.Of("models", "--json", "--server", gateway.Url)).Output)!["answering"]!);
    }

    [Fact]
    public async Task Whoever_may_read_looks_and_only_who_may_everything_decides_at_the_gateway_that_is_there()
    {
        string reader = ApiKey.NewSecret(), admin = ApiKey.NewSecret();
        await using var gateway = await TestGateway.StartAsync(new ApiKey(ApiScope.Read, ApiKey.HashOf(reader)), new(ApiScope.Admin, ApiKey.HashOf(admin)));
        string version = gateway.Runs.WithModel("birds", Wren);
        Assert.Contains("asks for a key", (await With(null, "models")).Error, StringComparison.Ordinal);
        Assert.Equal(0, (await With(reader, "models", "show", "birds")).ExitCode);
        var refused = await With(reader, "models", "promote", "birds", version);
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("scope admin", refused.Error, StringComparison.Ordinal);
        var promoted = await With(admin, "models", "promote", "birds", version);
        Assert.True(promoted.ExitCode == 0, promoted.Error);
        Assert.Contains($"{gateway.Url} is asked instead", promoted.Error, StringComparison.Ordinal);

        Task<Invocation> With(string? key, params string[] args) => Invocation.Of([.. args, "--server", $"http://127.0.0.1:1,{gateway.Url}", .. key is null ? Array.Empty<string>() : ["--key", key]]);
    }

    [Fact]
    public async Task Weights_are_fetched_whole_or_not_at_all_and_never_over_a_file_unless_that_is_wanted()
    {
        await using var gateway = await TestGateway.StartAsync();
        string newer = gateway.Runs.WithModel("birds", Wren), older = gateway.Runs.WithModel("birds.1", Crow);
        string file = _folder["birds.safetensors"];
        var first = await Fetch("birds", file, "--json");
        Assert.True(first.ExitCode == 0, first.Error);
        Assert.Equal(newer, (string)JsonNode.Parse(first.Output)!["version"]!);
        Assert.Equal(Stored("birds"), File.ReadAllBytes(file));

        Assert.Contains("--force", (await Fetch($"birds@{older}", file)).Error, StringComparison.Ordinal);
        Assert.Equal(Stored("birds"), File.ReadAllBytes(file));
        Assert.Contains($"version {older} of 'birds'", (await Fetch($"birds@{older}", file, "--force")).Error, StringComparison.Ordinal);
        Assert.Equal(Stored("birds.1"), File.ReadAllBytes(file));

        File.Delete(Path.Combine(gateway.Runs.Runs[new("birds")].CheckpointFolder, "1-40", "weights.safetensors"));
        var failed = await Fetch("birds", file, "--force");
        Assert.Equal(1, failed.ExitCode);
        Assert.DoesNotContain("trying again", failed.Error, StringComparison.Ordinal);
        Assert.Equal(Stored("birds.1"), File.ReadAllBytes(file));
        Assert.Equal([file], Directory.GetFiles(_folder.Path));

        Task<Invocation> Fetch(params string[] args) => Invocation.Of(["models", "download", .. args, "--server", gateway.Url]);
        byte[] Stored(string run) => File.ReadAllBytes(Path.Combine(gateway.Runs.Runs[new(run)].CheckpointFolder, "1-40", "weights.safetensors"));
    }

    /// <summary>The words of the first row that begins with one.</summary>
    private static string[] Words(string text, string first) =>
        text.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).First(words => words.Length > 0 && words[0] == first);
}
