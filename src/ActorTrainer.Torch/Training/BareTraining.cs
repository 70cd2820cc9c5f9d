using ActorTrainer.Core.Models;
using ActorTrainer.Torch.Devices;
using ActorTrainer.Torch.Models;
using ActorTrainer.Torch.Weights;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Training;

/// <summary>
/// What somebody writes who has TorchSharp and a model: torch.optim, a dispose scope a step, the loss read every step. No finite checks, no shards, nothing saved:
/// what the product's own steps are measured against, and used for nothing else. Opened, used and disposed on one thread.
/// </summary>
public sealed class BareTraining : IDisposable
{
    private readonly ModelDescription _description;
    private readonly ImageModel _model;
    private readonly SGD _optimizer;

    /// <param name="seed">Weights are drawn as a run's with this seed.</param>
    /// <param name="threads">libtorch's for one operation.</param>
    public BareTraining(ModelDescription description, ulong seed, double learningRate, double momentum, int threads)
    {
        set_num_threads(threads);
        (_description, _model) = (description, ModelFactory.Build(description, new(new())));
        WeightInitializer.Draw(_model, seed);
        _model.train();
        _optimizer = optim.SGD(_model.parameters(), learningRate, momentum);
    }

    /// <summary>Forward, backward, update. Returns the loss, which waits for the device.</summary>
    /// <param name="pixels">N x H x W x C.</param>
    /// <param name="numbers">N class numbers.</param>
    public double Step(byte[] pixels, int[] numbers)
    {
        using var scope = NewDisposeScope();
        var images = tensor(pixels, [numbers.Length, _description.ImageSize, _description.ImageSize, _description.Channels])
            .permute(0, 3, 1, 2).contiguous().to(ScalarType.Float32).div_(Number.Of(255)).sub_(Number.Of(0.5)).div_(Number.Of(0.5));     // N x C x H x W
        var labels = tensor(numbers, ScalarType.Int64);     // N

        _optimizer.zero_grad();
        var loss = nn.functional.cross_entropy(_model.call(images), labels);
        loss.backward();
        _optimizer.step();
        return loss.item<float>();
    }

    public void Dispose()
    {
        _optimizer.Dispose();
        _model.Dispose();
    }
}
