using System.Collections.Immutable;
using ActorTrainer.Core.Models;
using ActorTrainer.Torch.Models.Layers;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Models.Architectures;

/// <summary>AlexNet in its "one weird trick" form (Krizhevsky, 2014), as torchvision has it.</summary>
internal sealed class AlexNet : ImageModel
{
    public const int MinimalImageSize = 63;

    /// <summary>Links of the classifier before the last layer.</summary>
    private const int Head = 6;


    [ComponentName(Name = "features")] private readonly Chain _features;
    private readonly AdaptiveAveragePool _pool = new(6);
    [ComponentName(Name = "classifier")] private readonly Chain _classifier;

    public AlexNet(ModelDescription description, ModulesContext context) : base(description)
    {
        double dropout = description.Dropout ?? 0.5;
        _features = new(
            new Conv(description.Channels, 64, 11, stride: 4, padding: 2), Operation.Relu(), Operation.MaxPool(3, 2),
            new Conv(64, 192, 5, padding: 2), Operation.Relu(), Operation.MaxPool(3, 2),
            new Conv(192, 384, 3, padding: 1), Operation.Relu(),
            new Conv(384, 256, 3, padding: 1), Operation.Relu(),
            new Conv(256, 256, 3, padding: 1), Operation.Relu(), Operation.MaxPool(3, 2));
        _classifier = new(
            new CounterDropout(dropout, context), new Dense(256 * 6 * 6, 4096), Operation.Relu(),
            new CounterDropout(dropout, context), new Dense(4096, 4096), Operation.Relu(),
            new Dense(4096, description.Classes.Length));
        RegisterComponents();
    }

    public override ImmutableArray<string> HeadPrefixes => ["classifier.6."];

    public override ImmutableArray<ImmutableArray<string>> Blocks =>
        [["features.0."], ["features.3."], ["features.6."], ["features.8."], ["features.10."], ["classifier.1."], ["classifier.4."], ["classifier.6."]];

    public override int Seam => Blocks.Length - 3;     // the classifier has nine tenths of the parameters

    public override Tensor Logits(Tensor features) => _classifier.Call(features, Head..);

    protected override Tensor BeforeSeam(Tensor input) => _features.call(input);

    public override Tensor Rear(Tensor middle)
    {
        using var pooled = _pool.call(middle);
        using var flat = pooled.flatten(1);
        return _classifier.Call(flat, ..Head);
    }
}
