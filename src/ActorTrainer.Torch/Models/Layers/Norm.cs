using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Models.Layers;

/// <summary>
/// Batch norm over N x C x H x W (Ioffe and Szegedy, 2015) with the names of torch's. It does not count batches: that is the state's to do, once a step
/// (torch's own layer counts every forward pass, which is every shard, with a number that may be gone: <see cref="Devices.Number"/>).
/// </summary>
internal sealed class Norm : nn.Module<Tensor, Tensor>, IInitialized
{
    [ComponentName(Name = "weight")] private readonly Parameter _weight;
    [ComponentName(Name = "bias")] private readonly Parameter _bias;
    private readonly double _epsilon, _momentum;

    /// <param name="momentum">The new batch's share of the running statistics.</param>
    public Norm(long features, double epsilon = 1e-5, double momentum = 0.1) : base(nameof(Norm))
    {
        (_epsilon, _momentum) = (epsilon, momentum);
        _weight = Conv.NewParameter(features);
        _bias = Conv.NewParameter(features);
        register_buffer("running_mean", zeros(features).DetachFromDisposeScope());
        register_buffer("running_var", ones(features).DetachFromDisposeScope());
        register_buffer("num_batches_tracked", zeros([], ScalarType.Int64).DetachFromDisposeScope());
        RegisterComponents();
    }

    public Tensor RunningMean => get_buffer("running_mean")!;
    public Tensor RunningVariance => get_buffer("running_var")!;
    public Tensor BatchesTracked => get_buffer("num_batches_tracked")!;

    public override Tensor forward(Tensor input) =>
        nn.functional.batch_norm(input, RunningMean, RunningVariance, _weight, _bias, training, _momentum, _epsilon);

    public InitialValue InitialValue(string parameter) => parameter == "weight" ? Models.InitialValue.Ones : Models.InitialValue.Zeros;
}
