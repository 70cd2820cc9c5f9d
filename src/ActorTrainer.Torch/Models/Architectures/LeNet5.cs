using System.Collections.Immutable;
using ActorTrainer.Core.Models;
using ActorTrainer.Torch.Models.Layers;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Models.Architectures;

/// <summary>LeCun et al., 1998, with the ReLUs and max pooling of today. The first linear layer follows from the image's size (400 inputs at 32 x 32).</summary>
internal sealed class LeNet5 : ImageModel
{
    public const int MinimalImageSize = 16;

    [ComponentName(Name = "conv1")] private readonly Conv _conv1;
    [ComponentName(Name = "conv2")] private readonly Conv _conv2;
    [ComponentName(Name = "fc1")] private readonly Dense _fc1;
    [ComponentName(Name = "fc2")] private readonly Dense _fc2;
    [ComponentName(Name = "fc3")] private readonly Dense _fc3;

    public LeNet5(ModelDescription description) : base(description)
    {
        int side = ((description.ImageSize - 4) / 2 - 4) / 2;
        _conv1 = new(description.Channels, 6, 5);
        _conv2 = new(6, 16, 5);
        _fc1 = new(16 * side * side, 120);
        _fc2 = new(120, 84);
        _fc3 = new(84, description.Classes.Length);
        RegisterComponents();
    }

    public override ImmutableArray<string> HeadPrefixes => ["fc3."];
    public override ImmutableArray<ImmutableArray<string>> Blocks => [["conv1."], ["conv2."], ["fc1."], ["fc2."], ["fc3."]];
    public override int Seam => 2;

    public override Tensor Logits(Tensor features) => _fc3.call(features);

    protected override Tensor BeforeSeam(Tensor input)
    {
        using var x1 = Pool(_conv1.call(input));
        return Pool(_conv2.call(x1));
    }

    public override Tensor Rear(Tensor middle)
    {
        using var x3 = middle.flatten(1);
        using var x4 = _fc1.call(x3).relu_();
        return _fc2.call(x4).relu_();
    }

    private static Tensor Pool(Tensor x) => nn.functional.max_pool2d(x.relu_(), [2, 2]);
}
