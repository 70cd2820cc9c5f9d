using System.Collections.Immutable;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Devices;
using ActorTrainer.Torch.Models;
using ActorTrainer.Torch.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Inference;

/// <summary>
/// Weights that answer, in evaluation mode and the weights' own precision. Opened, used and disposed on one thread: libtorch's gradient mode and
/// TorchSharp's dispose scopes belong to the thread.
/// </summary>
/// <param name="lease">Ended with the session.</param>
public sealed class InferenceSession(ResolvedDevice device, IDisposable? lease = null) : IInferenceSession
{
    private readonly Device _device = device.Kind == DeviceKind.Cuda ? new Device(DeviceType.CUDA, device.Index) : CPU;
    private ImageModel? _model;
    private InputPipeline? _input;
    private ModelDescription? _description;

    public void Load(ModelDescription description, ImmutableArray<NamedTensor> weights)
    {
        bool fp64 = weights.Any(tensor => tensor.Type == TensorType.Float64);
        using var scope = NewDisposeScope();
        if (_model is null || !SameModel(_description!, description))
        {
            _model?.Dispose();
            _model = ModelFactory.Build(description, new(new RandomContext()));
            _model.eval();
        }

        var type = fp64 ? ScalarType.Float64 : ScalarType.Float32;
        _model.to(_device, type);
        StateDict.Load(_model, weights, source: "The checkpoint's weights");
        _input?.Dispose();
        _input = new(description.Normalize, _device, type);
        _description = description;
    }

    public float[] Logits(HostBatch batch)
    {
        if (_model is null || _input is null) throw new InvalidOperationException("no weights have been loaded");
        using var scope = NewDisposeScope();
        using var still = no_grad();
        try
        {
            using var input = _input.ToDevice(batch);
            return OutOfMemory.Explain(device.Kind, () => _model.forward(input)).to(ScalarType.Float32).cpu().contiguous().data<float>().ToArray();
        }
        finally
        {
            _input.Staging.Reset();
        }
    }

    public void Rest() => NativeMemory.GiveBack();

    public void Dispose()
    {
        _model?.Dispose();
        _input?.Dispose();
        (_model, _input) = (null, null);
        lease?.Dispose();
    }

    /// <summary>Whether one's modules can hold the other's weights.</summary>
    private static bool SameModel(ModelDescription a, ModelDescription b) =>
        a.Architecture == b.Architecture && a.GraphLocation == b.GraphLocation && a.Channels == b.Channels && a.ImageSize == b.ImageSize
        && a.Classes.Length == b.Classes.Length;
}
