using System.Collections.Immutable;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Models;
using ActorTrainer.Torch.Weights;

namespace ActorTrainer.Torch.Tests.Weights;

public sealed class PretrainedWeightsSpec : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pretrained-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void A_file_of_as_many_classes_gives_everything()
    {
        var (path, weights) = Saved(Some.Description("resnet18", classes: 3));
        var (notes, read) = Apply(Some.Description("resnet18", classes: 3), new PretrainedSource.File(path));
        Assert.Empty(notes);
        Assert.Equal(StateDictDigest.Of(weights), StateDictDigest.Of(read));
    }

    [Fact]
    public void A_head_for_other_classes_is_drawn_by_seed_and_said()
    {
        var (path, weights) = Saved(Some.Description("resnet18", classes: 1000));
        var description = Some.Description("resnet18", classes: 4);
        var (notes, read) = Apply(description, new PretrainedSource.File(path), seed: 8);
        Assert.Equal($"{path}: the head (1000 classes) is replaced by a new one for 4 classes, drawn by seed.", Assert.Single(notes));
        var given = weights.ToDictionary(tensor => tensor.Name, tensor => tensor.Data.ToArray());
        using var drawn = Some.Model(description, seed: 8);
        var fresh = StateDict.Read(drawn).ToDictionary(tensor => tensor.Name, tensor => tensor.Data.ToArray());
        Assert.All(read, tensor => Assert.Equal((drawn.IsHead(tensor.Name) ? fresh : given)[tensor.Name], tensor.Data.ToArray()));
    }

    [Fact]
    public void Positions_of_a_vision_transformer_follow_the_image_size()
    {
        var (path, weights) = Saved(Some.Description("vit_tiny", classes: 3, imageSize: 64));
        var (_, read) = Apply(Some.Description("vit_tiny", classes: 3, imageSize: 96), new PretrainedSource.File(path));
        var positions = read.Single(tensor => tensor.Name == "encoder.pos_embedding");
        Assert.Equal([1, 37, 192], positions.Shape.ToArray());
        Assert.Equal(weights.Single(tensor => tensor.Name == "encoder.pos_embedding").Data.ToArray()[..(192 * 4)], positions.Data.ToArray()[..(192 * 4)]);
    }

    [Fact]
    public void Another_runs_weights_keep_their_head_only_for_the_same_classes()
    {
        var description = Some.Description(classes: 3);
        using var model = Some.Model(description, seed: 4);
        var runs = new Runs(description, StateDict.Read(model));
        Assert.Empty(Apply(description, new PretrainedSource.Run("other", null), runs: runs).Notes);
        Assert.Single(Apply(description with { Classes = ["a", "b", "c"] }, new PretrainedSource.Run("other", null), runs: runs).Notes);
    }

    [Fact]
    public void Weights_of_another_architecture_and_files_of_other_kinds_are_refused_by_name()
    {
        var (path, _) = Saved(Some.Description("resnet18", classes: 3));
        Assert.Contains(path, Refused(new PretrainedSource.File(path), "resnet34"), StringComparison.Ordinal);
        Assert.Contains("missing: layer1.2.conv1.weight", Refused(new PretrainedSource.File(path), "resnet34"), StringComparison.Ordinal);
        Assert.Contains("there is no file /nowhere.pth", Refused(new PretrainedSource.File("/nowhere.pth"), "resnet18"), StringComparison.Ordinal);
        string text = Path.Combine(_folder.FullName, "weights.txt");
        File.WriteAllText(text, "?");
        Assert.Contains(".safetensors", Refused(new PretrainedSource.File(text), "resnet18"), StringComparison.Ordinal);
        string broken = Path.Combine(_folder.FullName, "weights.safetensors");
        File.WriteAllText(broken, "?");
        Assert.Contains(broken, Refused(new PretrainedSource.File(broken), "resnet18"), StringComparison.Ordinal);
    }

    private static string Refused(PretrainedSource source, string architecture) =>
        Assert.Throws<EngineException>(() => Apply(Some.Description(architecture, classes: 3), source)).Message;

    private static (ImmutableArray<string> Notes, ImmutableArray<NamedTensor> Weights) Apply(
        ModelDescription description, PretrainedSource source, ulong seed = 1, IWeightSource? runs = null)
    {
        using var model = ModelFactory.Build(description, Some.Context());
        var notes = PretrainedWeights.Apply(model, new(description.Architecture, source, null), description, seed, runs ?? new Runs(description, []));
        return (notes, StateDict.Read(model));
    }

    private (string Path, ImmutableArray<NamedTensor> Weights) Saved(ModelDescription description)
    {
        using var model = Some.Model(description, seed: 2);
        var weights = StateDict.Read(model);
        string path = Path.Combine(_folder.FullName, "saved.pth");
        ModelExport.ToPth(weights, path);
        return (path, weights);
    }

    private sealed class Runs(ModelDescription description, ImmutableArray<NamedTensor> weights) : IWeightSource
    {
        public (ModelDescription Description, ImmutableArray<NamedTensor> Weights) OfRun(string name, string? selector) => (description, weights);
    }
}
