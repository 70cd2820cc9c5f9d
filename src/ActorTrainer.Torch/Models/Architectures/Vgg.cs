using System.Collections.Immutable;
using System.Globalization;
using ActorTrainer.Core.Models;
using ActorTrainer.Torch.Models.Layers;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Models.Architectures;

/// <summary>How many 3 x 3 convolutions stand between two poolings; their widths are 64, 128, 256, 512, 512.</summary>
internal sealed record VggLayout(ImmutableArray<int> Convolutions, bool BatchNorm);

/// <summary>VGG (Simonyan and Zisserman, 2014), with or without batch norm.</summary>
internal sealed class Vgg : ImageModel
{
    public const int MinimalImageSize = 32;

    /// <summary>Links of the classifier before the last layer and its dropout.</summary>
    private const int Head = 5;
    private static readonly ImmutableArray<int> Widths = [64, 128, 256, 512, 512];

    [ComponentName(Name = "features")] private readonly Chain _features = new();
    private readonly AdaptiveAveragePool _pool = new(7);
    [ComponentName(Name = "classifier")] private readonly Chain _classifier;

    public Vgg(ModelDescription description, ModulesContext context, VggLayout layout) : base(description)
    {
        var blocks = ImmutableArray.CreateBuilder<ImmutableArray<string>>();
        int input = description.Channels, position = 0;
        for (int stage = 0; stage < Widths.Length; stage++)
        {
            for (int i = 0; i < layout.Convolutions[stage]; i++)
            {
                string conv = Name(position);
                Add(Conv.Kaiming(input, Widths[stage], 3, padding: 1, bias: true));
                input = Widths[stage];
                if (layout.BatchNorm)
                {
                    blocks.Add([conv, Name(position)]);
                    Add(new Norm(input));
                }
                else
                {
                    blocks.Add([conv]);
                }

                Add(Operation.Relu());
            }

            Add(Operation.MaxPool(2, 2));
        }

        double dropout = description.Dropout ?? 0.5;
        var small = new InitialValue.Normal(0.01);
        _classifier = new(
            new Dense(512 * 7 * 7, 4096, small), Operation.Relu(), new CounterDropout(dropout, context),
            new Dense(4096, 4096, small), Operation.Relu(), new CounterDropout(dropout, context),
            new Dense(4096, description.Classes.Length, small));
        Blocks = [.. blocks, ["classifier.0."], ["classifier.3."], ["classifier.6."]];
        RegisterComponents();

        static string Name(int position) => string.Create(CultureInfo.InvariantCulture, $"features.{position}.");

        void Add(nn.Module<Tensor, Tensor> link)
        {
            _features.Add(link);
            position++;
        }
    }

    public override ImmutableArray<string> HeadPrefixes => ["classifier.6."];
    public override ImmutableArray<ImmutableArray<string>> Blocks { get; }

    public override int Seam => Blocks.Length - 3;     // the classifier has most of the parameters

    public override Tensor Logits(Tensor features) => _classifier.Call(features, Head..);

    protected override Tensor BeforeSeam(Tensor input) => _features.call(input);

    public override Tensor Rear(Tensor middle)
    {
        using var pooled = _pool.call(middle);
        using var flat = pooled.flatten(1);
        return _classifier.Call(flat, ..Head);
    }
}
