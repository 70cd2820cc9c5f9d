using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Models.Layers;

/// <summary>
/// A 2-d convolution whose memory is not filled when it is made: torch's own layers draw initial weights from the process's one generator, and
/// nothing here may.
/// </summary>
internal sealed class Conv : nn.Module<Tensor, Tensor>, IInitialized
{
    [ComponentName(Name = "weight")] private readonly Parameter _weight;
    [ComponentName(Name = "bias")] private readonly Parameter? _bias;
    private readonly long[] _stride, _padding, _dilation;
    private readonly long _groups, _fanIn;
    private readonly InitialValue? _initial;

    /// <param name="initial">The weight's first values, with a bias of zero; null: torch's default for both.</param>
    public Conv(long input, long output, Square kernel, Square? stride = null, Square? padding = null, Square? dilation = null, long groups = 1,
        bool bias = true, InitialValue? initial = null) : base(nameof(Conv))
    {
        _weight = NewParameter(output, input / groups, kernel.Height, kernel.Width);
        _bias = bias ? NewParameter(output) : null;
        (_stride, _padding, _dilation) = ((stride ?? 1).ToArray(), (padding ?? 0).ToArray(), (dilation ?? 1).ToArray());
        (_groups, _initial, _fanIn) = (groups, initial, input / groups * kernel.Height * kernel.Width);
        RegisterComponents();
    }

    /// <summary>As torchvision's ResNet, VGG and MobileNet begin: kaiming_normal by fan-out (which torch counts without regard to groups), no bias.</summary>
    public static Conv Kaiming(long input, long output, int kernel, int stride = 1, int padding = 0, int dilation = 1, long groups = 1, bool bias = false) =>
        new(input, output, kernel, stride, padding, dilation, groups, bias, Models.InitialValue.KaimingNormal(output * kernel * kernel));

    public override Tensor forward(Tensor input) => nn.functional.conv2d(input, _weight, _bias, _stride, _padding, _dilation, _groups);

    public InitialValue InitialValue(string parameter) =>
        _initial is null ? Models.InitialValue.Default(_fanIn) : parameter == "weight" ? _initial : Models.InitialValue.Zeros;

    /// <summary>A parameter of uninitialised memory, owned by its module and not by the scope it is made in.</summary>
    internal static Parameter NewParameter(params long[] shape) => (Parameter)new Parameter(empty(shape)).DetachFromDisposeScope();
}

/// <summary>Two extents, most often equal.</summary>
internal readonly record struct Square(int Height, int Width)
{
    public static implicit operator Square(int side) => new(side, side);
    public long[] ToArray() => [Height, Width];
}
