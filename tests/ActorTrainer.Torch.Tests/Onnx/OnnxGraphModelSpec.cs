using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Models;
using ActorTrainer.Torch.Onnx;
using ActorTrainer.Torch.Weights;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using TorchSharp;
using static ActorTrainer.Torch.Tests.Onnx.Graphs;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Tests.Onnx;

public class OnnxGraphModelSpec
{
    private const string Builtin = "builtin:resnet18-imagenet";
    private static string Architecture { get; } = OnnxFile.Open(Builtin).Architecture;

    private static ModelDescription ResNet18 =>
        Some.Description(Architecture, classes: 12, imageSize: 224) with { GraphLocation = Builtin, Normalize = new([], [], BuiltIn: true) };

    [Fact]
    public void The_built_in_ResNet18_gives_ONNX_Runtimes_features_preprocessing_included()
    {
        using var scope = NewDisposeScope();
        using var still = no_grad();
        using var model = OnnxGraphModel.Build(ResNet18, Some.Context());
        model.eval();
        byte[] pictures = [.. Enumerable.Range(0, 3).SelectMany(Picture)];
        var input = tensor(pictures, [3, 224, 224, 3]).permute(0, 3, 1, 2).to(ScalarType.Float32).contiguous();
        float[] ours = model.Maps(input).data<float>().ToArray();

        string folder = Path.Combine(AppContext.BaseDirectory, "models", "resnet18-imagenet");
        using var preprocess = new InferenceSession(Path.Combine(folder, "ResNetPreprocess.onnx"));
        using var graph = new InferenceSession(Path.Combine(folder, "ResNet18.onnx"));
        float[] theirs = [.. input.data<float>().ToArray().Chunk(3 * 224 * 224).SelectMany(picture =>
        {
            using var prepared = preprocess.Run([NamedOnnxValue.CreateFromTensor("OriginalInput", new DenseTensor<float>(picture, [1, 3, 224, 224]))]);
            using var features = graph.Run([NamedOnnxValue.CreateFromTensor("Input247", prepared[0].AsTensor<float>())]);
            return features[0].AsTensor<float>().ToArray();
        })];
        Assert.Equal(3 * 512, ours.Length);
        Assert.InRange(theirs.Max(), 1, 100);
        Assert.InRange(theirs.Zip(ours, (a, b) => Math.Abs(a - b)).Max(), 0, 1e-4);
    }

    [Fact]
    public void It_trains_its_statistics_and_gradients_move_and_its_state_loads_again()
    {
        using var scope = NewDisposeScope();
        using var model = OnnxGraphModel.Build(ResNet18, Some.Context());
        Assert.False(model.HasGraphHead);
        WeightInitializer.DrawHead(model, 1);
        var state = StateDict.Read(model);
        Assert.Equal(22 + 22 * 5 + 2, state.Length);        // convolutions without bias, norms, the head; no mean image
        var mean = model.state_dict()["BatchNormalization251.running_mean"].clone();
        var logits = model.forward(rand([2, 3, 224, 224]) * 255);
        Assert.Equal([2, 12], logits.shape);
        nn.functional.cross_entropy(logits, tensor((long[])[3, 8])).backward();
        Assert.All(model.named_parameters(), parameter => Assert.True(parameter.parameter.grad!.abs().sum().item<float>() > 0, parameter.name));
        Assert.False(mean.allclose(model.state_dict()["BatchNormalization251.running_mean"]));

        using var again = ModelFactory.Build(ResNet18, Some.Context());
        StateDict.Load(again, state);
        Assert.Equal(StateDictDigest.Of(state), StateDictDigest.Of(StateDict.Read(again)));
    }

    [Fact]
    public void Every_parameter_is_in_one_block_and_precision_can_be_changed()
    {
        using var scope = NewDisposeScope();
        using var model = OnnxGraphModel.Build(ResNet18, Some.Context());
        foreach (var (name, _) in model.named_parameters())
            Assert.Equal(1, model.Blocks.Count(block => block.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal))));
        model.to(ScalarType.Float64);
        model.eval();
        using var still = no_grad();
        Assert.Equal(ScalarType.Float64, model.forward(zeros([1, 3, 224, 224], ScalarType.Float64)).dtype);
    }

    [Theory]
    [InlineData(5, true)]
    [InlineData(4, false)]
    public void A_last_linear_layer_and_softmax_become_the_head_with_the_graphs_weights_where_classes_are_as_many(int classes, bool kept)
    {
        using var graphs = new Graphs(13, 3, 6);
        string conv = graphs.Node("Conv", ["input", graphs.Floats("stem.conv.weight", [7, 3, 3, 3]), graphs.Floats("stem.conv.bias", [7])]);
        string features = graphs.Node("Flatten", [graphs.Node("GlobalAveragePool", [graphs.Node("Relu", [conv])])]);
        string logits = graphs.Node("Gemm", [features, graphs.Floats("fc.weight", [5, 7]), graphs.Floats("fc.bias", [5])], Int("transB", 1));
        var description = graphs.Finish(graphs.Node("Softmax", [logits]), classes);
        using var scope = NewDisposeScope();
        using var still = no_grad();
        using var model = OnnxGraphModel.Build(description, Some.Context());
        Assert.Equal(kept, model.HasGraphHead);
        Assert.Equal(["stem.conv.weight", "stem.conv.bias", "head.weight", "head.bias"], model.state_dict().Keys);
        if (!kept) return;

        model.eval();
        float[] pixels = [.. Enumerable.Range(0, 108).Select(i => i * 37 % 101 / 50f - 1)];
        using var session = new InferenceSession(graphs.Location);
        using var results = session.Run([NamedOnnxValue.CreateFromTensor("input", new DenseTensor<float>(pixels, [1, 3, 6, 6]))]);
        float[] ours = model.forward(tensor(pixels, [1, 3, 6, 6])).softmax(1).data<float>().ToArray();
        Assert.All(results[0].AsTensor<float>().ToArray().Zip(ours), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
    }

    [Fact]
    public void A_graph_that_has_changed_since_is_refused()
    {
        using var graphs = new Graphs(13, 3, 6);
        var description = graphs.Finish(graphs.Node("Relu", ["input"]));
        byte[] bytes = File.ReadAllBytes(graphs.Location);
        File.WriteAllBytes(graphs.Location, [.. bytes, 0x2A, 0x00]);        // a field of no matter
        var refused = Assert.Throws<EngineException>(() => ModelFactory.Build(description, Some.Context()));
        Assert.Contains("is not the graph that the model was made of", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_no_graph_and_sizes_that_it_can_not_take_are_refused()
    {
        string path = Path.GetTempFileName();
        File.WriteAllText(path, "this is no protobuf");
        Assert.Contains(path, Assert.Throws<EngineException>(() => OnnxFile.Open(path)).Message, StringComparison.Ordinal);
        File.Delete(path);
        Assert.Contains("224", Assert.Throws<EngineException>(() => OnnxGraphModel.Build(ResNet18 with { ImageSize = 128 }, Some.Context())).Message, StringComparison.Ordinal);
        Assert.Contains("resnet18-imagenet", Assert.Throws<EngineException>(() => OnnxFile.Open("builtin:resnet19")).Message, StringComparison.Ordinal);
    }

    /// <summary>Flat areas with edges, as drawings have; H x W x C.</summary>
    private static IEnumerable<byte> Picture(int number)
    {
        for (int y = 0; y < 224; y++)
            for (int x = 0; x < 224; x++)
                for (int c = 0; c < 3; c++)
                {
                    bool inside = (x - 112) * (x - 112) + (y - 90) * (y - 90) < (40 + 25 * number) * (40 + 25 * number);
                    yield return (byte)(inside ? (60 + 70 * c + 50 * number) % 256 : (x / 32 + y / 48 + number) % 5 == 0 ? 30 * c : 255);
                }
    }
}
