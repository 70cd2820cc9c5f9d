using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Models.Layers;

/// <summary>A fully connected layer; like <see cref="Conv"/>, its memory is not filled when it is made.</summary>
internal sealed class Dense : nn.Module<Tensor, Tensor>, IInitialized
{
    [ComponentName(Name = "weight")] private readonly Parameter _weight;
    [ComponentName(Name = "bias")] private readonly Parameter? _bias;
    private readonly InitialValue _initialWeight, _initialBias;

    /// <param name="weight">The weight's first values; null: torch's default for weight and bias.</param>
    /// <param name="bias">The bias's; null: zero, if <paramref name="weight"/> is given.</param>
    public Dense(long input, long output, InitialValue? weight = null, InitialValue? bias = null, bool hasBias = true) : base(nameof(Dense))
    {
        _weight = Conv.NewParameter(output, input);
        _bias = hasBias ? Conv.NewParameter(output) : null;
        _initialWeight = weight ?? Models.InitialValue.Default(input);
        _initialBias = bias ?? (weight is null ? _initialWeight : Models.InitialValue.Zeros);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input) =>
        input.shape[^1] == _weight.shape[1]     // native code would end the process
            ? nn.functional.linear(input, _weight, _bias)
            : throw new ArgumentException($"{_weight.shape[1]} features are wanted, {input.shape[^1]} given", nameof(input));

    public InitialValue InitialValue(string parameter) => parameter == "weight" ? _initialWeight : _initialBias;
}
