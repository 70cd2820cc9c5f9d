using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Onnx;
using Onnx;
using static ActorTrainer.Torch.Tests.Onnx.Graphs;

namespace ActorTrainer.Torch.Tests.Onnx;

/// <summary>Each operator in each form of padding, opset and shape, against ONNX Runtime.</summary>
public class OperatorsSpec
{
    public static TheoryData<string, long[], long[], string> Windows => new()
    {
        { "NOTSET", [3, 3, 2, 2], [2, 2], "7x7" },
        { "NOTSET", [1, 1, 0, 0], [2, 2], "3x3" },
        { "NOTSET", [0, 1, 2, 0], [1, 2], "3x2" },
        { "NOTSET", [1, 1, 1, 1], [1, 1], "3x3" },
        { "NOTSET", [0, 0, 0, 0], [2, 2], "2x2" },
        { "SAME_UPPER", [], [2, 2], "3x3" },
        { "SAME_LOWER", [], [2, 2], "3x3" },
        { "SAME_UPPER", [], [3, 2], "2x5" },
        { "VALID", [], [2, 1], "3x4" },
    };

    [Theory]
    [MemberData(nameof(Windows))]
    public void Conv_with_every_padding(string auto, long[] pads, long[] strides, string kernel)
    {
        using var graphs = new Graphs(11, 4, 13);
        var (height, width) = Kernel(kernel);
        graphs.AssertEqualsOnnxRuntime(graphs.Finish(graphs.Node("Conv", ["input", graphs.Floats("w", [6, 4, height, width]), graphs.Floats("b", [6])], Window(auto, pads, strides, height, width))), 1e-4);
    }

    [Theory]
    [InlineData(4, 1)]
    [InlineData(2, 2)]
    public void Conv_with_groups_and_dilations(long groups, long dilation)
    {
        using var graphs = new Graphs(11, 4, 13);
        string conv = graphs.Node("Conv", ["input", graphs.Floats("w", [8, 4 / groups, 3, 3])],
            Ints("kernel_shape", 3, 3), Ints("dilations", dilation, dilation), Ints("pads", 2, 1, 0, 2), Int("group", groups));
        graphs.AssertEqualsOnnxRuntime(graphs.Finish(conv), 1e-4);
    }

    [Theory]
    [MemberData(nameof(Windows))]
    public void MaxPool_with_every_padding(string auto, long[] pads, long[] strides, string kernel)
    {
        using var graphs = new Graphs(11, 3, 13);
        var (height, width) = Kernel(kernel);
        graphs.AssertEqualsOnnxRuntime(graphs.Finish(graphs.Node("MaxPool", ["input"], Window(auto, pads, strides, height, width))));
    }

    [Theory]
    [MemberData(nameof(Windows))]
    public void AveragePool_with_every_padding(string auto, long[] pads, long[] strides, string kernel)
    {
        for (long include = 0; include < 2; include++)
        {
            using var graphs = new Graphs(11, 3, 13);
            var (height, width) = Kernel(kernel);
            graphs.AssertEqualsOnnxRuntime(graphs.Finish(graphs.Node("AveragePool", ["input"], [.. Window(auto, pads, strides, height, width), Int("count_include_pad", include)])));
        }
    }

    [Theory]
    [InlineData("MaxPool", 0, 0)]
    [InlineData("MaxPool", 1, 0)]
    [InlineData("AveragePool", 0, 0)]
    [InlineData("AveragePool", 1, 0)]
    [InlineData("AveragePool", 1, 1)]
    public void Pools_that_round_up(string type, long pad, long include)
    {
        using var graphs = new Graphs(11, 3, 12);
        AttributeProto[] attributes = [Ints("kernel_shape", 3, 3), Ints("strides", 2, 2), Ints("pads", pad, pad, pad, pad), Int("ceil_mode", 1)];
        graphs.AssertEqualsOnnxRuntime(graphs.Finish(graphs.Node(type, ["input"], type == "MaxPool" ? attributes : [.. attributes, Int("count_include_pad", include)])));
    }

    [Fact]
    public void MaxPool_with_dilations()
    {
        using var graphs = new Graphs(11, 3, 13);
        graphs.AssertEqualsOnnxRuntime(graphs.Finish(graphs.Node("MaxPool", ["input"], Ints("kernel_shape", 3, 3), Ints("dilations", 2, 2), Ints("pads", 1, 2, 2, 1))));
    }

    [Theory]
    [InlineData("Relu")]
    [InlineData("Sigmoid")]
    [InlineData("Tanh")]
    [InlineData("HardSigmoid")]
    [InlineData("HardSwish")]
    [InlineData("Identity")]
    [InlineData("GlobalAveragePool")]
    [InlineData("GlobalMaxPool")]
    [InlineData("Softmax")]
    [InlineData("LogSoftmax")]
    [InlineData("LeakyRelu")]
    [InlineData("Elu")]
    [InlineData("Flatten")]
    public void Operators_of_one_tensor(string type)
    {
        using var graphs = new Graphs(14, 3, 6);
        graphs.AssertEqualsOnnxRuntime(graphs.Finish(graphs.Node(type, ["input"])));
    }

    [Fact]
    public void Softmax_of_old_opsets_takes_all_axes_behind_the_first()
    {
        using var graphs = new Graphs(11, 3, 6);
        graphs.AssertEqualsOnnxRuntime(graphs.Finish(graphs.Node("Softmax", ["input"])));
    }

    [Theory]
    [InlineData("Add")]
    [InlineData("Sub")]
    [InlineData("Mul")]
    [InlineData("Div")]
    public void Operators_of_two_tensors_and_of_a_tensor_and_a_constant(string type)
    {
        using var graphs = new Graphs(13, 3, 6);
        string scaled = graphs.Node(type, ["input", graphs.Floats("c", [1, 3, 1, 1], positive: true)]);
        string one = graphs.Node(type, [scaled, graphs.Scalar("s", 1.5f)]);
        graphs.AssertEqualsOnnxRuntime(graphs.Finish(graphs.Node(type, [graphs.Scalar("t", 2), graphs.Node("Sigmoid", [graphs.Node(type, [one, graphs.Node("Sigmoid", ["input"])])])])));
    }

    [Fact]
    public void Clip_of_old_and_new_opsets()
    {
        using var old = new Graphs(8, 3, 6);
        old.AssertEqualsOnnxRuntime(old.Finish(old.Node("Clip", ["input"], Float("min", -0.3f), Float("max", 0.5f))));
        using var later = new Graphs(13, 3, 6);
        string below = later.Node("Clip", ["input", later.Scalar("a", -0.3f), later.Scalar("b", 0.5f)]);
        later.AssertEqualsOnnxRuntime(later.Finish(later.Node("Clip", [below, "", later.Scalar("c", 0.4f)])));
    }

    [Fact]
    public void Split_and_concat_swap_channels_as_the_preprocessing_of_the_built_in_weights_does()
    {
        using var graphs = new Graphs(8, 3, 6);
        string[] parts = graphs.Node("Split", ["input"], 3, Int("axis", 1), Ints("split", 1, 1, 1));
        string swapped = graphs.Node("Concat", [parts[2], parts[1], parts[0]], Int("axis", 1));
        graphs.AssertEqualsOnnxRuntime(graphs.Finish(graphs.Node("Sub", [swapped, graphs.Floats("mean", [1, 3, 6, 6])])));
    }

    [Fact]
    public void Pad_of_old_and_new_opsets_and_its_modes()
    {
        using var old = new Graphs(8, 3, 6);
        old.AssertEqualsOnnxRuntime(old.Finish(old.Node("Pad", ["input"], Ints("pads", 0, 1, 2, 0, 0, 0, 1, 3), Float("value", 0.5f))));
        foreach (string mode in (string[])["reflect", "edge"])
        {
            using var later = new Graphs(13, 3, 6);
            later.AssertEqualsOnnxRuntime(later.Finish(later.Node("Pad", ["input", later.Longs("p", 0, 0, 2, 0, 0, 0, 1, 3)], Text("mode", mode))));
        }
    }

    [Fact]
    public void BatchNormalization_and_a_dropout_at_rest()
    {
        using var graphs = new Graphs(12, 3, 6);
        string norm = graphs.Node("BatchNormalization",
            ["input", graphs.Floats("s", [3]), graphs.Floats("b", [3]), graphs.Floats("m", [3]), graphs.Floats("v", [3], positive: true)], Float("epsilon", 0.01f));
        graphs.AssertEqualsOnnxRuntime(graphs.Finish(graphs.Node("Relu", [graphs.Node("Dropout", [norm, graphs.Scalar("r", 0.5f)])])));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Gemm_and_MatMul_in_the_middle_with_reshapes_for_a_batch_of_one(long transposed)
    {
        using var graphs = new Graphs(13, 3, 4);
        string flat = graphs.Node("Reshape", ["input", graphs.Longs("shape", 1, 48)]);
        string gemm = graphs.Node("Gemm", [flat, graphs.Floats("w", transposed == 1 ? [10, 48] : [48, 10]), graphs.Floats("b", [10])],
            Int("transB", transposed), Float("alpha", 0.5f), Float("beta", 2));
        string product = graphs.Node("Add", [graphs.Node("MatMul", [graphs.Node("Relu", [gemm]), graphs.Floats("w2", [10, 6])]), graphs.Floats("b2", [6])]);
        graphs.AssertEqualsOnnxRuntime(graphs.Finish(graphs.Node("Tanh", [product])), 1e-4);
    }

    [Fact]
    public void Reshapes_by_shapes_that_the_graph_computes()
    {
        using var graphs = new Graphs(13, 3, 4);
        string shape = graphs.Node("Shape", ["input"]);
        string batch = graphs.Node("Unsqueeze", [graphs.Node("Gather", [shape, ScalarIndex(graphs)], Int("axis", 0)), graphs.Longs("zero", 0)]);
        string target = graphs.Node("Concat", [batch, graphs.Longs("rest", -1)], Int("axis", 0));
        graphs.AssertEqualsOnnxRuntime(graphs.Finish(graphs.Node("Reshape", ["input", target])));

        static string ScalarIndex(Graphs graphs) => graphs.Node("Constant", [], new AttributeProto { Name = "value_int", Type = AttributeProto.Types.AttributeType.Int, I = 0 });
    }

    [Fact]
    public void Transpose_squeeze_unsqueeze_mean_and_channel_shuffle()
    {
        using var graphs = new Graphs(13, 4, 6);
        string grouped = graphs.Node("Reshape", ["input", graphs.Longs("g", 1, 2, 2, 6, 6)]);
        string shuffled = graphs.Node("Reshape", [graphs.Node("Transpose", [grouped], Ints("perm", 0, 2, 1, 3, 4)), graphs.Longs("back", 1, 4, 6, 6)]);
        string mean = graphs.Node("ReduceMean", [shuffled], Ints("axes", 2, 3), Int("keepdims", 1));
        string squeezed = graphs.Node("Squeeze", [mean, graphs.Longs("axes", 2, 3)]);
        graphs.AssertEqualsOnnxRuntime(graphs.Finish(graphs.Node("Unsqueeze", [squeezed, graphs.Longs("again", 2)])));
    }

    [Fact]
    public void An_operator_that_is_not_known_is_named_with_its_node_and_opset()
    {
        using var graphs = new Graphs(13, 3, 6);
        var description = graphs.Finish(graphs.Node("Relu", [graphs.Node("Erf", ["input"])]));
        var refused = Assert.Throws<EngineException>(() => OnnxGraphModel.Build(description, Some.Context()));
        Assert.Contains("node 'Erf0' (Erf, opset 13): this operator is not supported", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_refused_when_the_model_is_built()
    {
        using var graphs = new Graphs(13, 3, 6);
        string flat = graphs.Node("Flatten", ["input"]);
        var description = graphs.Finish(graphs.Node("Relu", [graphs.Node("Gemm", [flat, graphs.Floats("w", [77, 5])])]));
        var refused = Assert.Throws<EngineException>(() => OnnxGraphModel.Build(description, Some.Context()));
        Assert.Contains("Gemm1", refused.Message, StringComparison.Ordinal);
    }

    private static (long Height, long Width) Kernel(string kernel) => (kernel[0] - '0', kernel[2] - '0');

    private static AttributeProto[] Window(string auto, long[] pads, long[] strides, long height, long width) =>
        auto == "NOTSET"
            ? [Ints("kernel_shape", height, width), Ints("strides", strides), Ints("pads", pads)]
            : [Ints("kernel_shape", height, width), Ints("strides", strides), Text("auto_pad", auto)];
}
