using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Devices;
using ActorTrainer.Torch.Models;
using Onnx;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Onnx;

/// <summary>The classifier's last layer as a graph has it.</summary>
/// <param name="Weight">Classes x features.</param>
internal sealed record GraphHead(GraphNode Node, HostTensor Weight, HostTensor? Bias);

/// <summary>
/// Translates a convolutional graph into a program of steps. A softmax at the end and the linear layer before it are not translated: they are the head,
/// which the model has under its own name, of as many classes as the data.
/// </summary>
internal sealed class GraphImporter
{
    private const int OldestOpset = 7;
    private static readonly HashSet<string> BehindTheHead = ["Softmax", "LogSoftmax", "Identity", "Flatten", "Reshape", "Squeeze", "Dropout", "Cast"];

    private readonly string _name;
    private readonly GraphProto _graph;
    private readonly long _opset;
    private readonly ModulesContext _context;
    private readonly GraphWeights? _weights;
    private readonly nn.Module _root;
    private readonly double? _dropout;
    private readonly Dictionary<string, HostTensor> _constants = new(StringComparer.Ordinal);
    private readonly Dictionary<string, NodeProto> _makers = new(StringComparer.Ordinal);
    private readonly HashSet<NodeProto> _skipped = [];
    private int _dropouts;

    /// <param name="weights">Where layers go; null for preprocessing, which may have none.</param>
    /// <param name="dropout">Replaces the graph's own probability.</param>
    public GraphImporter(string name, ModelProto model, ModulesContext context, nn.Module root, GraphWeights? weights, double? dropout)
    {
        (_name, _graph, _context, _root, _weights, _dropout) = (name, model.Graph, context, root, weights, dropout);
        _opset = model.OpsetImport.FirstOrDefault(opset => opset.Domain is "" or "ai.onnx")?.Version ?? 1;
        if (_opset < OldestOpset) throw new EngineException($"{name}: opset {_opset} is older than {OldestOpset}; convert the graph with onnx.version_converter.");
        foreach (var initializer in _graph.Initializer)
            _constants[initializer.Name] = HostTensor.Read(initializer, problem => new EngineException($"{name}: {problem}."));
        foreach (var node in _graph.Node)
        {
            foreach (string output in node.Output) _makers[output] = node;
            if (node.OpType == "Constant" && node.Output.Count > 0) _constants[node.Output[0]] = ConstantOf(Wrap(node));
        }

        var inputs = _graph.Input.Where(input => !_constants.ContainsKey(input.Name)).ToArray();
        if (inputs.Length != 1 || _graph.Output.Count < 1) throw new EngineException($"{name}: the graph would have to have one input, but has {inputs.Length}.");
        Input = inputs[0];
    }

    public ValueInfoProto Input { get; }

    /// <summary>The head that the graph ends in, and the name of the features before it; null where it ends in features.</summary>
    public (GraphHead Head, string Features)? FindHead()
    {
        string value = _graph.Output[0].Name;
        while (_makers.TryGetValue(value, out var maker) && BehindTheHead.Contains(maker.OpType) && maker.Input.Count > 0) value = maker.Input[0];
        if (!_makers.TryGetValue(value, out var last)) return null;
        var node = Wrap(last);
        if (last.OpType == "Gemm" && node.IsConstant(1)) return (new(node, GemmWeight(node), GemmBias(node)), last.Input[0]);
        if (last.OpType == "MatMul" && node.IsConstant(1)) return (new(node, MatMulWeight(node), null), last.Input[0]);
        if (last.OpType == "Add" && node.IsConstant(1) && _makers.TryGetValue(last.Input[0], out var product) && product.OpType == "MatMul"
            && Wrap(product) is var matMul && matMul.IsConstant(1))
            return (new(matMul, MatMulWeight(matMul), node.RequireFloats(1)), product.Input[0]);
        return null;
    }

    /// <param name="output">The value to end in; null: the graph's first output.</param>
    public GraphProgram Translate(string? output = null)
    {
        output ??= _graph.Output[0].Name;
        NodeProto[] nodes = [.. Needed(output)];
        var readers = nodes.SelectMany(node => node.Input).Append(output).CountBy(name => name).ToDictionary(StringComparer.Ordinal);
        var slots = new Dictionary<string, int>(StringComparer.Ordinal) { [Input.Name] = 0 };
        var constants = new Dictionary<string, GraphConstant>(StringComparer.Ordinal);
        var steps = new List<GraphStep>();
        foreach (var proto in nodes)
        {
            if (_skipped.Contains(proto)) continue;
            var node = Wrap(proto);
            var run = Operator(node, readers);
            var inputs = proto.Input.Select(name =>
                name.Length == 0 ? Operand.None
                : _constants.TryGetValue(name, out var constant) ? new(-1, Shared(name, constant))
                : slots.TryGetValue(name, out int slot) ? new(slot, null)
                : throw node.Fail($"nothing makes its input '{name}'")).ToArray();
            int[] outputs = [.. OutputsOf(proto, readers).Select(name => name.Length == 0 ? -1 : slots[name] = slots.Count)];
            steps.Add(new(node, run, inputs, outputs, []));
        }

        if (!slots.TryGetValue(output, out int last)) throw new EngineException($"{_name}: nothing makes the output '{output}'.");
        return new(WithReleases(steps, last), [.. constants.Values], slots.Count, last);

        GraphConstant Shared(string name, HostTensor constant) => constants.TryGetValue(name, out var known) ? known : constants[name] = new(constant);
    }

    /// <summary>A product whose sum with a vector follows is one step, under the sum's name.</summary>
    private IEnumerable<string> OutputsOf(NodeProto node, Dictionary<string, int> readers) =>
        node.OpType == "MatMul" && BiasOf(node, readers) is { } sum ? sum.Output : node.Output;

    private IEnumerable<NodeProto> Needed(string output)
    {
        var needed = new HashSet<NodeProto>();
        var open = new Stack<string>([output]);
        while (open.TryPop(out string? name))
        {
            if (_constants.ContainsKey(name) || !_makers.TryGetValue(name, out var maker) || !needed.Add(maker)) continue;
            foreach (string input in maker.Input) open.Push(input);
        }

        return _graph.Node.Where(needed.Contains);
    }

    private static List<GraphStep> WithReleases(List<GraphStep> steps, int last)
    {
        var read = new HashSet<int> { last };
        for (int i = steps.Count - 1; i >= 0; i--)
        {
            int[] releases = [.. steps[i].Inputs.Select(input => input.Slot).Concat(steps[i].Outputs).Where(slot => slot >= 0 && read.Add(slot))];
            steps[i] = steps[i] with { Releases = releases };
        }

        return steps;
    }

    private Func<GraphValue[], GraphValue[]> Operator(GraphNode node, Dictionary<string, int> readers) => node.Proto.OpType switch
    {
        _ when node.Proto.Domain is not ("" or "ai.onnx") => throw node.Fail($"operators of the domain '{node.Proto.Domain}' are not supported"),
        "Conv" => MapOperators.Conv(node, Weights(node)),
        "BatchNormalization" => MapOperators.BatchNormalization(node, Weights(node)),
        "MaxPool" => MapOperators.MaxPool(node),
        "AveragePool" => MapOperators.AveragePool(node),
        "GlobalAveragePool" => MapOperators.GlobalAveragePool(node),
        "GlobalMaxPool" => MapOperators.GlobalMaxPool(node),
        "Pad" => MapOperators.Pad(node),
        "Relu" => ElementOperators.Relu(inPlace: readers[node.Proto.Input[0]] == 1 && _makers.TryGetValue(node.Proto.Input[0], out var maker)
            && maker.OpType is "Conv" or "BatchNormalization" or "Add" or "Gemm"),
        "LeakyRelu" => ElementOperators.LeakyRelu(node),
        "Elu" => ElementOperators.Elu(node),
        "Clip" => ElementOperators.Clip(node),
        "Sigmoid" => ElementOperators.Function(x => x.sigmoid()),
        "Tanh" => ElementOperators.Function(x => x.tanh()),
        "HardSigmoid" => ElementOperators.HardSigmoid(node),
        "HardSwish" => ElementOperators.Function(x => nn.functional.hardswish(x)),
        "Softmax" => ElementOperators.Softmax(node, logarithm: false),
        "LogSoftmax" => ElementOperators.Softmax(node, logarithm: true),
        "Dropout" => Dropout(node),
        "Add" or "Sum" when node.InputCount == 2 => ElementOperators.Pairs(node, (a, b) => a.add(b, Number.One), (a, b) => a + b),
        "Sub" => ElementOperators.Pairs(node, (a, b) => a - b, (a, b) => a - b),
        "Mul" => ElementOperators.Pairs(node, (a, b) => a * b, (a, b) => a * b),
        "Div" => ElementOperators.Pairs(node, (a, b) => a / b, (a, b) => b != 0 ? a / b : throw new ArgumentException("division by zero")),
        "Gemm" when node.IsConstant(1) => ElementOperators.Function(Weights(node).Dense(node, GemmWeight(node), GemmBias(node)).call),
        "MatMul" when node.IsConstant(1) => ElementOperators.Function(Weights(node).Dense(node, MatMulWeight(node), TakeBias(node.Proto, readers)).call),
        "MatMul" => ElementOperators.MatMul(),
        "Identity" => ShapeOperators.Identity(),
        "Flatten" => ShapeOperators.Flatten(node),
        "Reshape" => ShapeOperators.Reshape(node),
        "Squeeze" => ShapeOperators.Squeeze(node),
        "Unsqueeze" => ShapeOperators.Unsqueeze(node),
        "Transpose" => ShapeOperators.Transpose(node),
        "Concat" => ShapeOperators.Concat(node),
        "Split" => ShapeOperators.Split(node),
        "ReduceMean" => ShapeOperators.ReduceMean(node),
        "Shape" => ShapeOperators.Shape(node),
        "Gather" => ShapeOperators.Gather(node),
        "Cast" => ShapeOperators.Cast(node),
        _ => throw node.Fail("this operator is not supported"),
    };

    private GraphWeights Weights(GraphNode node) => _weights ?? throw node.Fail("preprocessing may not have weights");

    /// <summary>Registered under the model, though it has no weights: it must hear of training and evaluation.</summary>
    private Func<GraphValue[], GraphValue[]> Dropout(GraphNode node)
    {
        var layer = ElementOperators.DropoutOf(node, _dropout);
        _root.register_module(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"dropout_{_dropouts++}"), layer);
        return ElementOperators.Function(layer.call);
    }

    private static HostTensor GemmWeight(GraphNode node)
    {
        if (node.Integer("transA", 0) != 0) throw node.Fail("transA is not supported");
        var weight = node.RequireFloats(1);
        if (weight.Shape.Length != 2) throw node.Fail("the weight would have to be a matrix");
        return Scaled(node.Integer("transB", 0) != 0 ? weight : Transposed(weight), node.Float("alpha", 1));
    }

    private static HostTensor? GemmBias(GraphNode node)
    {
        if (!node.HasInput(2)) return null;
        var bias = Scaled(node.RequireFloats(2), node.Float("beta", 1));
        long features = GemmWeight(node).Shape[0];
        return bias.Count == 1 && features > 1 ? new([features], [.. Enumerable.Repeat(bias.Floats![0], (int)features)], null) : bias;
    }

    private static HostTensor MatMulWeight(GraphNode node) =>
        node.RequireFloats(1) is { Shape.Length: 2 } weight ? Transposed(weight) : throw node.Fail("the weight would have to be a matrix");

    /// <summary>The Add that alone reads a product and adds a vector of as many values as it has columns.</summary>
    private NodeProto? BiasOf(NodeProto product, Dictionary<string, int> readers)
    {
        if (!_constants.TryGetValue(product.Input[1], out var weight) || weight.Shape.Length != 2 || readers.GetValueOrDefault(product.Output[0]) != 1) return null;
        var sum = _graph.Node.FirstOrDefault(node => node.OpType == "Add" && node.Input.Contains(product.Output[0]));
        string? other = sum?.Input.FirstOrDefault(name => name != product.Output[0]);
        return other is not null && readers.ContainsKey(sum!.Output[0]) && _constants.TryGetValue(other, out var bias)
            && bias.Floats is not null && bias.Shape is [var size] && size == weight.Shape[1] ? sum : null;
    }

    private HostTensor? TakeBias(NodeProto product, Dictionary<string, int> readers)
    {
        if (BiasOf(product, readers) is not { } sum) return null;
        _skipped.Add(sum);
        return _constants[sum.Input.First(name => name != product.Output[0])];
    }

    private static HostTensor Transposed(HostTensor matrix)
    {
        long rows = matrix.Shape[0], columns = matrix.Shape[1];
        float[] values = new float[matrix.Count];
        for (long row = 0; row < rows; row++)
            for (long column = 0; column < columns; column++) values[column * rows + row] = matrix.Floats![row * columns + column];
        return new([columns, rows], values, null);
    }

    private static HostTensor Scaled(HostTensor tensor, float factor) =>
        factor == 1 ? tensor : tensor with { Floats = [.. tensor.Floats!.Select(value => value * factor)] };

    private static HostTensor ConstantOf(GraphNode node)
    {
        if (node.Find("value")?.T is { } value) return HostTensor.Read(value, problem => node.Fail(problem));
        if (node.Find("value_float") is { } number) return new([], [number.F], null);
        if (node.Find("value_floats") is { } numbers) return new([numbers.Floats.Count], [.. numbers.Floats], null);
        if (node.Find("value_int") is { } integer) return new([], null, [integer.I]);
        if (node.Find("value_ints") is { } integers) return new([integers.Ints.Count], null, [.. integers.Ints]);
        throw node.Fail("this form of constant is not supported");
    }

    private GraphNode Wrap(NodeProto node) => new(node, _name, _opset, _constants, _context);
}
