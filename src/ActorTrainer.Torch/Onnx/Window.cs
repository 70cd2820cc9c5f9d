using ActorTrainer.Torch.Models.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Onnx;

/// <summary>How the windows of a convolution or a pooling lie over a map, in ONNX's terms: pads may differ on each side or follow from the size.</summary>
internal sealed class Window
{
    private readonly long[] _pads;
    private readonly string _auto;

    /// <param name="kernel">Height and width; null: from the node.</param>
    public Window(GraphNode node, long[]? kernel = null)
    {
        Kernel = kernel ?? node.Integers("kernel_shape") ?? throw node.Fail("there is no kernel_shape");
        if (Kernel.Length != 2) throw node.Fail("only two-dimensional maps are supported");
        Strides = node.Integers("strides") ?? [1, 1];
        Dilations = node.Integers("dilations") ?? [1, 1];
        Ceiling = node.Integer("ceil_mode", 0) != 0;
        _pads = node.Integers("pads") ?? [0, 0, 0, 0];
        _auto = node.Text("auto_pad", "NOTSET");
        if (_pads.Length != 4 || _pads.Any(pad => pad < 0)) throw node.Fail("pads would have to be four sizes of at least 0");
        if (Strides.Length != 2 || Dilations.Length != 2 || Strides.Concat(Dilations).Concat(Kernel).Any(size => size < 1))
            throw node.Fail("strides, dilations and kernel_shape would have to be two sizes of at least 1");
        if (_auto is not ("NOTSET" or "VALID" or "SAME_UPPER" or "SAME_LOWER")) throw node.Fail($"auto_pad = {_auto} is not supported");
    }

    public long[] Kernel { get; }
    public long[] Strides { get; }
    public long[] Dilations { get; }
    public bool Ceiling { get; }

    public static Square Square(long[] sizes) => new((int)sizes[0], (int)sizes[1]);

    /// <summary>What is added before and behind each axis for a map of this size; behind, also what rounding up (ceil_mode) reaches over.</summary>
    public Padding Pads(Tensor map)
    {
        var height = Axis(0, map.shape[2]);
        var width = Axis(1, map.shape[3]);
        return new(height.Before, height.Behind, height.Over, width.Before, width.Behind, width.Over);
    }

    private (long Before, long Behind, long Over) Axis(int axis, long size)
    {
        long reach = (Kernel[axis] - 1) * Dilations[axis] + 1, stride = Strides[axis];
        if (_auto is "SAME_UPPER" or "SAME_LOWER")
        {
            long total = Math.Max(0, ((size + stride - 1) / stride - 1) * stride + reach - size), less = total / 2;
            return _auto == "SAME_UPPER" ? (less, total - less, 0) : (total - less, less, 0);
        }

        var (before, behind) = _auto == "VALID" ? (0, 0) : (_pads[axis], _pads[axis + 2]);
        if (!Ceiling) return (before, behind, 0);
        // A window that would begin in the padding behind does not count, as in PyTorch.
        long windows = (size + before + behind - reach + stride - 1) / stride + 1;
        if ((windows - 1) * stride >= size + before) windows--;
        return (before, behind, Math.Max(0, (windows - 1) * stride + reach - size - before - behind));
    }
}

/// <summary>Rows above, below and (by rounding up) below those; columns likewise.</summary>
internal readonly record struct Padding(long Top, long Bottom, long OverBottom, long Left, long Right, long OverRight)
{
    public bool IsNone => this == default;
    public bool IsSymmetric => Top == Bottom && Left == Right && OverBottom == 0 && OverRight == 0;

    public Tensor Apply(Tensor map, double value) =>
        nn.functional.pad(map, [Left, Right + OverRight, Top, Bottom + OverBottom], PaddingModes.Constant, value);
}
