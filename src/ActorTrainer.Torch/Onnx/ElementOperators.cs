using ActorTrainer.Torch.Devices;
using ActorTrainer.Torch.Models.Layers;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Onnx;

/// <summary>Operators on each element, on pairs of them, and products of matrices.</summary>
internal static class ElementOperators
{
    /// <param name="inPlace">The input is read by nobody else, and what made it does not need it for the way back.</param>
    public static Func<GraphValue[], GraphValue[]> Relu(bool inPlace) => One(x => inPlace ? x.relu_() : x.relu());

    public static Func<GraphValue[], GraphValue[]> Function(Func<Tensor, Tensor> function) => One(function);

    public static Func<GraphValue[], GraphValue[]> LeakyRelu(GraphNode node)
    {
        double slope = node.Float("alpha", 0.01f);
        return One(x => nn.functional.leaky_relu(x, slope));
    }

    public static Func<GraphValue[], GraphValue[]> Elu(GraphNode node)
    {
        double alpha = node.Float("alpha", 1);
        return One(x => nn.functional.elu(x, alpha));
    }

    public static Func<GraphValue[], GraphValue[]> HardSigmoid(GraphNode node)
    {
        double alpha = node.Float("alpha", 0.2f), beta = node.Float("beta", 0.5f);
        return One(x => x.mul(Number.Of(alpha)).add(Number.Of(beta), Number.One).clamp(Number.Of(0), Number.One));
    }

    public static Func<GraphValue[], GraphValue[]> Clip(GraphNode node)
    {
        double? least = node.Opset < 11 ? node.Find("min")?.F : node.Constant(1)?.Floats?.Single();
        double? most = node.Opset < 11 ? node.Find("max")?.F : node.Constant(2)?.Floats?.Single();
        return (least, most) switch
        {
            (null, null) => One(x => x.alias()),
            ({ } min, null) => One(x => x.clamp_min(Number.Of(min))),
            (null, { } max) => One(x => x.clamp_max(Number.Of(max))),
            ({ } min, { } max) => One(x => x.clamp(Number.Of(min), Number.Of(max))),
        };
    }

    /// <summary>Softmax and its logarithm. Until opset 12 the axes from <c>axis</c> on count as one.</summary>
    public static Func<GraphValue[], GraphValue[]> Softmax(GraphNode node, bool logarithm)
    {
        long axis = node.Integer("axis", node.Opset < 13 ? 1 : -1);
        bool flat = node.Opset < 13;
        return One(x =>
        {
            long from = axis < 0 ? axis + x.dim() : axis;
            if (!flat || from == x.dim() - 1) return Along(x, from);
            using var matrix = x.flatten(from);
            return Along(matrix, from).view(x.shape);
        });

        Tensor Along(Tensor x, long dim) => logarithm ? x.log_softmax(dim) : x.softmax(dim);
    }

    public static CounterDropout DropoutOf(GraphNode node, double? replaced)
    {
        double ratio = node.Opset < 12 ? node.Float("ratio", 0.5f) : node.Constant(1)?.Floats?.Single() ?? 0.5;
        if (node.Proto.Output.Skip(1).Any(output => output.Length > 0)) throw node.Fail("the output of the mask is not supported");
        return new(replaced ?? ratio, node.Context);
    }

    public static Func<GraphValue[], GraphValue[]> Pairs(GraphNode node, Func<Tensor, Tensor, Tensor> floats, Func<long, long, long> integers)
    {
        if (node.Opset < 7 && node.Integer("broadcast", 0) != 0) throw node.Fail("broadcasting of opsets before 7 is not supported");
        return arguments => arguments switch
        {
            [{ Tensor: { } a }, { Tensor: { } b }] => [floats(a, b)],
            [{ Integers: { } a }, { Integers: { } b }] when a.Values.Length == b.Values.Length || a.Values.Length == 1 || b.Values.Length == 1 =>
                [new(null, new([.. Enumerable.Range(0, Math.Max(a.Values.Length, b.Values.Length))
                    .Select(i => integers(a.Values[i % a.Values.Length], b.Values[i % b.Values.Length]))], a.Scalar && b.Scalar))],
            _ => throw new ArgumentException("tensors can't be mixed with integers"),
        };
    }

    public static Func<GraphValue[], GraphValue[]> MatMul() => arguments =>
    {
        if (arguments is not [{ Tensor: { } a }, { Tensor: { } b }]) throw new ArgumentException("two tensors are wanted");
        // Native code would end the process.
        if (a.dim() < 2 || b.dim() < 2 || a.shape[^1] != b.shape[^2])
            throw new ArgumentException($"[{string.Join(", ", a.shape)}] and [{string.Join(", ", b.shape)}] can't be multiplied");
        return [a.matmul(b)];
    };

    private static Func<GraphValue[], GraphValue[]> One(Func<Tensor, Tensor> function) =>
        arguments => [function(arguments[0].Tensor ?? throw new ArgumentException("a tensor is wanted, but integers are given"))];
}
