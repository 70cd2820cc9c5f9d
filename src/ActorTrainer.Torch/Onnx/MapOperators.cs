using TorchSharp;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Onnx;

/// <summary>Operators over maps, N x C x H x W: convolutions, norms and poolings.</summary>
internal static class MapOperators
{
    public static Func<GraphValue[], GraphValue[]> Conv(GraphNode node, GraphWeights weights)
    {
        var window = new Window(node, node.RequireFloats(1).Shape[2..]);
        var layer = weights.Conv(node);
        return One(map =>
        {
            var pads = window.Pads(map);
            if (pads.IsNone) return layer.call(map);
            using var padded = pads.Apply(map, 0);
            return layer.call(padded);
        });
    }

    public static Func<GraphValue[], GraphValue[]> BatchNormalization(GraphNode node, GraphWeights weights)
    {
        if (node.Proto.Output.Skip(1).Any(output => output.Length > 0)) throw node.Fail("more than one output (a graph for training) is not supported");
        var layer = weights.Norm(node);
        return One(map => map.dim() == 4 ? layer.call(map) : throw new ArgumentException($"maps are wanted, but a tensor of {map.dim()} axes is given"));
    }

    public static Func<GraphValue[], GraphValue[]> MaxPool(GraphNode node)
    {
        var window = new Window(node);
        if (node.Proto.Output.Skip(1).Any(output => output.Length > 0)) throw node.Fail("the output of indices is not supported");
        return One(map =>
        {
            var pads = window.Pads(map);
            if (pads.IsSymmetric && pads.Top <= window.Kernel[0] / 2 && pads.Left <= window.Kernel[1] / 2)
                return nn.functional.max_pool2d(map, window.Kernel, window.Strides, [pads.Top, pads.Left], window.Dilations);
            using var padded = pads.Apply(map, double.NegativeInfinity);
            return nn.functional.max_pool2d(padded, window.Kernel, window.Strides, [0, 0], window.Dilations);
        });
    }

    /// <summary>The sum of each window over what counts in it: the map's own values, with count_include_pad the pads too, never what rounding up reaches over.</summary>
    public static Func<GraphValue[], GraphValue[]> AveragePool(GraphNode node)
    {
        var window = new Window(node);
        bool includePads = node.Integer("count_include_pad", 0) != 0;
        if (window.Dilations.Any(dilation => dilation != 1)) throw node.Fail("dilations are not supported");
        double area = window.Kernel[0] * window.Kernel[1];
        return One(map =>
        {
            var pads = window.Pads(map);
            if (pads.IsNone) return nn.functional.avg_pool2d(map, window.Kernel, window.Strides);
            using var padded = pads.Apply(map, 0);
            using var averages = nn.functional.avg_pool2d(padded, window.Kernel, window.Strides);
            using var own = ones([1, 1, map.shape[2], map.shape[3]], map.dtype, map.device);
            using var counted = includePads ? nn.functional.pad(own, [pads.Left, pads.Right, pads.Top, pads.Bottom], PaddingModes.Constant, 1) : pads.Apply(own, 0);
            using var reached = includePads ? nn.functional.pad(counted, [0, pads.OverRight, 0, pads.OverBottom], PaddingModes.Constant, 0) : counted.alias();
            using var shares = nn.functional.avg_pool2d(reached, window.Kernel, window.Strides);
            return averages / shares;
        });
    }

    public static Func<GraphValue[], GraphValue[]> GlobalAveragePool(GraphNode node) => One(map => map.mean([2, 3], keepdim: true));

    public static Func<GraphValue[], GraphValue[]> GlobalMaxPool(GraphNode node) => One(map => map.amax([2, 3], keepdim: true));

    public static Func<GraphValue[], GraphValue[]> Pad(GraphNode node)
    {
        long[] pads = node.AttributeOrInput("pads", 1) ?? throw node.Fail("there are no pads");
        double value = node.Opset < 11 ? node.Float("value", 0) : node.Constant(2)?.Floats?.FirstOrDefault() ?? 0;
        var mode = node.Text("mode", "constant") switch
        {
            "constant" => PaddingModes.Constant,
            "reflect" => PaddingModes.Reflect,
            "edge" => PaddingModes.Replicate,
            var other => throw node.Fail($"mode = {other} is not supported"),
        };
        if (node.HasInput(3)) throw node.Fail("axes are not supported");
        int axes = pads.Length / 2;
        if (pads.Length != 8 || pads[0] != 0 || pads[axes] != 0 || (mode != PaddingModes.Constant && (pads[1] != 0 || pads[axes + 1] != 0)))
            throw node.Fail("pads of maps would have to leave the batch (and, but for mode = constant, the channels) alone");
        long[] fromTheLast = mode == PaddingModes.Constant ? [pads[3], pads[7], pads[2], pads[6], pads[1], pads[5]] : [pads[3], pads[7], pads[2], pads[6]];
        return One(map => nn.functional.pad(map, fromTheLast, mode, value));
    }

    private static Func<GraphValue[], GraphValue[]> One(Func<Tensor, Tensor> map) =>
        arguments => [map(arguments[0].Tensor ?? throw new ArgumentException("a tensor is wanted, but integers are given"))];
}
