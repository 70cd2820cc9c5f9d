using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text.Json;
using ActorTrainer.Core.Checkpoints;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Models;
using ActorTrainer.Registry;
using ActorTrainer.Tests.Api;
using ActorTrainer.Transport.Checkpoints;
using SkiaSharp;

namespace ActorTrainer.Tests.Commands;

/// <summary>digest, predict, evaluate, export and report on a run whose model says "wren" to what is bright and "crow" to what is black.</summary>
public sealed class ModelCommandsSpec : IDisposable
{
    private static readonly ImmutableArray<string> Classes = ["crow", "owl <b>", "wren"];
    private readonly TemporaryRuns _runs = new TemporaryRuns().With("birds", Some.History());
    private readonly TemporaryFolder _data = new();

    public ModelCommandsSpec()
    {
        var store = new FolderCheckpointStore(_runs.Runs[new("birds")].CheckpointFolder);
        foreach (int step in new[] { 40, 50 }) store.Write(Content(step), CancellationToken.None);
        Pictures.Write(_data["set/crow"], 2, SKColors.Black);
        Pictures.Write(_data["set/wren"], 3, SKColors.White);
    }

    public void Dispose()
    {
        _runs.Dispose();
        _data.Dispose();
    }

    private static NamedTensor Weights(int step)
    {
        float[] values = [0, step == 50 ? 0.5f : 1, 5];
        return new("head.weight", TensorType.Float32, [3], MemoryMarshal.AsBytes<float>(values).ToArray());
    }

    private static CheckpointContent Content(int step) => new(new(new(1), new(step)), new(Some.Cursor(step), [Weights(step)], []),
        new("lenet5", null, Classes, 1, 8, null, new([0], [1]), [new ImageTransform.ResizeExact(8, 8)], Rgb.White), new string('c', 64));

    private Task<Invocation> Invoke(params string[] args) => Invocation.Of([.. args, "--runs", _runs.Runs.Path]);

    [Theory]
    [InlineData("birds", 50)]
    [InlineData("birds@last", 50)]
    [InlineData("birds@best", 40)]
    [InlineData("birds@40", 40)]
    public async Task Digest_is_64_hex_digits_of_the_files_of_the_checkpoint_that_was_chosen(string reference, int step) =>
        Assert.Equal((0, StateDictDigest.Of([Weights(step)]) + Environment.NewLine), await Invoke("digest", reference) is var r ? (r.ExitCode, r.Output) : default);

    [Fact]
    public async Task A_damaged_checkpoint_is_exit_code_1_and_says_what_else_there_is()
    {
        string file = Path.Combine(_runs.Runs[new("birds")].CheckpointFolder, "1-50", CheckpointPlacement.Weights);
        byte[] bytes = await File.ReadAllBytesAsync(file);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(file, bytes);
        var result = await Invoke("digest", "birds");
        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        Assert.Contains("1-50", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Predict_as_json_is_a_line_a_picture_with_the_best_first()
    {
        var result = await Invoke("predict", "birds", _data["set"], "--top", "2", "--json");
        Assert.Equal(0, result.ExitCode);
        var lines = result.Output.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(5, lines.Count);
        Assert.EndsWith("crow/00.png", lines[0].GetProperty("file").GetString(), StringComparison.Ordinal);
        var best = lines[4].GetProperty("predictions");
        Assert.Equal((2, "wren"), (best.GetArrayLength(), best[0].GetProperty("label").GetString()));
        Assert.True(best[0].GetProperty("probability").GetDouble() > best[1].GetProperty("probability").GetDouble());
    }

    [Fact]
    public async Task A_picture_that_cannot_be_read_costs_the_exit_code_and_not_the_others()
    {
        await File.WriteAllTextAsync(_data["broken.png"], "no picture");
        var result = await Invoke("predict", "birds", _data["broken.png"], _data["set/wren/00.png"], "--csv");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("broken.png", result.Error, StringComparison.Ordinal);
        string[] lines = result.Output.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(("file,label,probability", 2), (lines[0], lines.Length));
        Assert.Contains("00.png,wren,0.9", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Evaluate_measures_with_the_labels_of_the_model()
    {
        var result = await Invoke("evaluate", "birds", _data["set"], "--json");
        Assert.Equal(0, result.ExitCode);
        var json = JsonDocument.Parse(result.Output).RootElement;
        Assert.Equal((5, 1.0), (json.GetProperty("samples").GetInt32(), json.GetProperty("top1").GetDouble()));
        Assert.Equal([2L, 0, 0, 0, 0, 0, 0, 0, 3], json.GetProperty("confusion").EnumerateArray().Select(n => n.GetInt64()));
        Assert.Contains("no sample of owl <b>", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_class_that_the_model_does_not_know_is_one_clear_message()
    {
        Pictures.Write(_data["set/pelican"], 1, SKColors.Red);
        var result = await Invoke("evaluate", "birds", _data["set"]);
        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.Contains("pelican", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Export_never_replaces_a_file_unasked_and_leaves_nothing_half_written()
    {
        string file = _data["out.safetensors"];
        var services = Invocation.Services with { Export = (_, _, path) => { File.WriteAllText(path, "half"); throw new IOException("disk full"); } };
        Assert.Equal(1, (await Invocation.Of(services, "export", "birds", file, "--runs", _runs.Runs.Path)).ExitCode);
        Assert.Equal(["set"], Directory.EnumerateFileSystemEntries(_data.Path).Select(Path.GetFileName));
        services = services with { Export = (_, weights, path) => File.WriteAllText(path, weights[0].Name) };
        Assert.Equal(0, (await Invocation.Of(services, "export", "birds", file, "--runs", _runs.Runs.Path)).ExitCode);
        Assert.Equal("head.weight", await File.ReadAllTextAsync(file));
        Assert.Equal(2, (await Invocation.Of(services, "export", "birds", file, "--runs", _runs.Runs.Path)).ExitCode);
        Assert.Equal(2, (await Invocation.Of(services, "export", "birds", _data["out.xyz"], "--runs", _runs.Runs.Path)).ExitCode);
    }

    [Fact]
    public async Task A_report_is_written_even_where_the_data_are_gone()
    {
        var result = await Invoke("report", "birds", "--out", _data["r.html"]);
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("Without pictures of mistakes", result.Error, StringComparison.Ordinal);
        Assert.StartsWith("<!DOCTYPE html>", await File.ReadAllTextAsync(_data["r.html"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Prune_keeps_a_run_that_was_set_aside_as_long_as_it_answers_for_its_model()
    {
        string older = _runs.WithModel("birds.1", BirdModels.Crow);
        var registry = new ModelRegistry(_runs.Runs, TimeProvider.System);
        Assert.True(registry.TryPromote(registry.Find("birds")!, older));
        await Invoke("prune", "--yes");
        Assert.NotNull(_runs.Journal.Load(new("birds.1")));
        registry = new(_runs.Runs, TimeProvider.System);
        Assert.True(registry.TryRollBack(registry.Find("birds")!));
        await Invoke("prune", "--yes");
        Assert.Null(_runs.Journal.Load(new("birds.1")));
    }

    [Fact]
    public async Task Prune_keeps_the_best_and_the_newest_and_the_journal_knows_it()
    {
        _runs.With("birds.1", Some.History("birds"));
        Assert.Equal(2, (await Invoke("prune")).ExitCode);
        var result = await Invoke("prune", "--yes");
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("birds.1, set aside", result.Error, StringComparison.Ordinal);
        Assert.Contains("1 checkpoint of birds: step 30", result.Error, StringComparison.Ordinal);
        var run = Assert.Single(_runs.Journal.All());
        Assert.Equal([40L, 50L], run.Experiment.Checkpoints.Select(c => c.Id.Step.Value));
        Assert.Contains("Nothing to prune", (await Invoke("prune")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Remove_asks_and_then_leaves_nothing()
    {
        Assert.Equal(2, (await Invoke("remove", "birds")).ExitCode);
        Assert.Equal(0, (await Invoke("remove", "birds", "--yes")).ExitCode);
        Assert.Empty(_runs.Journal.All());
        Assert.False(Directory.Exists(_runs.Runs[new("birds")].Path));
    }
}
