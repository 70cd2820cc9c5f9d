using System.Collections.Immutable;
using System.Globalization;
using ActorTrainer.Core.Models;
using ActorTrainer.Torch.Devices;
using ActorTrainer.Torch.Models.Layers;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Models.Architectures;

/// <summary>MobileNet v2 (Sandler et al., 2018) and v3 (Howard et al., 2019), as torchvision has them: one trunk of inverted residuals, one head.</summary>
internal sealed class MobileNet : ImageModel
{
    /// <summary>The widest ones, with the classifier most of the parameters.</summary>
    private const int LinksBehindSeam = 4;

    [ComponentName(Name = "features")] private readonly Chain _features;
    private readonly AdaptiveAveragePool _pool = new(1);
    [ComponentName(Name = "classifier")] private readonly Chain _classifier;
    private readonly int _links, _headPosition;     // right after its dropout

    private MobileNet(ModelDescription description, IReadOnlyList<nn.Module<Tensor, Tensor>> features, Chain classifier, int headPosition) : base(description)
    {
        _features = new([.. features]);
        _classifier = classifier;
        (_links, _headPosition) = (features.Count, headPosition);
        HeadPrefixes = [string.Create(CultureInfo.InvariantCulture, $"classifier.{headPosition}.")];
        RegisterComponents();
    }

    public override ImmutableArray<string> HeadPrefixes { get; }

    public override ImmutableArray<ImmutableArray<string>> Blocks =>
    [
        .. Enumerable.Range(0, _links).Select(i => ImmutableArray.Create(string.Create(CultureInfo.InvariantCulture, $"features.{i}."))),
        ["classifier."],
    ];

    public static MobileNet V2(ModelDescription description, ModulesContext context)
    {
        var norm = new NormActivation(1e-5, 0.1);
        (int Expansion, int Width, int Repeats, int Stride)[] stages =
            [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)];
        int width = 32;
        List<nn.Module<Tensor, Tensor>> features = [norm.Conv(description.Channels, width, 3, 2, NormActivation.Relu6)];
        foreach (var stage in stages)
        {
            for (int i = 0; i < stage.Repeats; i++)
            {
                int stride = i == 0 ? stage.Stride : 1, hidden = width * stage.Expansion;
                var body = new Chain();
                if (stage.Expansion != 1) body.Add(norm.Conv(width, hidden, 1, 1, NormActivation.Relu6));
                body.Add(norm.Conv(hidden, hidden, 3, stride, NormActivation.Relu6, groups: hidden))
                    .Add(Conv.Kaiming(hidden, stage.Width, 1)).Add(norm.Norm(stage.Width));
                features.Add(new InvertedResidual("conv", body, around: stride == 1 && width == stage.Width));
                width = stage.Width;
            }
        }

        features.Add(norm.Conv(width, 1280, 1, 1, NormActivation.Relu6));
        var classifier = new Chain(new CounterDropout(description.Dropout ?? 0.2, context), new Dense(1280, description.Classes.Length, new InitialValue.Normal(0.01)));
        return new(description, features, classifier, 1);
    }

    /// <summary>A row of the paper's table.</summary>
    /// <param name="Squeeze">Whether squeeze and excitation weighs the channels.</param>
    /// <param name="Hard">hardswish instead of ReLU.</param>
    private readonly record struct Row(int Kernel, int Expanded, int Width, bool Squeeze, bool Hard, int Stride);

    public static MobileNet V3Large(ModelDescription description, ModulesContext context) => V3(description, context, 1280,
        new(3, 16, 16, false, false, 1), new(3, 64, 24, false, false, 2), new(3, 72, 24, false, false, 1),
        new(5, 72, 40, true, false, 2), new(5, 120, 40, true, false, 1), new(5, 120, 40, true, false, 1),
        new(3, 240, 80, false, true, 2), new(3, 200, 80, false, true, 1), new(3, 184, 80, false, true, 1), new(3, 184, 80, false, true, 1),
        new(3, 480, 112, true, true, 1), new(3, 672, 112, true, true, 1),
        new(5, 672, 160, true, true, 2), new(5, 960, 160, true, true, 1), new(5, 960, 160, true, true, 1));

    public static MobileNet V3Small(ModelDescription description, ModulesContext context) => V3(description, context, 1024,
        new(3, 16, 16, true, false, 2), new(3, 72, 24, false, false, 2), new(3, 88, 24, false, false, 1),
        new(5, 96, 40, true, true, 2), new(5, 240, 40, true, true, 1), new(5, 240, 40, true, true, 1),
        new(5, 120, 48, true, true, 1), new(5, 144, 48, true, true, 1),
        new(5, 288, 96, true, true, 2), new(5, 576, 96, true, true, 1), new(5, 576, 96, true, true, 1));

    private static MobileNet V3(ModelDescription description, ModulesContext context, int hidden, params ReadOnlySpan<Row> rows)
    {
        var norm = new NormActivation(1e-3, 0.01);
        int width = 16;
        List<nn.Module<Tensor, Tensor>> features = [norm.Conv(description.Channels, width, 3, 2, NormActivation.HardSwish)];
        foreach (var row in rows)
        {
            Func<Tensor, Tensor> activation = row.Hard ? NormActivation.HardSwish : NormActivation.Relu;
            var body = new Chain();
            if (row.Expanded != width) body.Add(norm.Conv(width, row.Expanded, 1, 1, activation));
            body.Add(norm.Conv(row.Expanded, row.Expanded, row.Kernel, row.Stride, activation, groups: row.Expanded));
            if (row.Squeeze) body.Add(new SqueezeExcitation(row.Expanded, DivisibleBy8(row.Expanded / 4)));
            body.Add(norm.Conv(row.Expanded, row.Width, 1, 1, null));
            features.Add(new InvertedResidual("block", body, around: row.Stride == 1 && width == row.Width));
            width = row.Width;
        }

        features.Add(norm.Conv(width, 6 * width, 1, 1, NormActivation.HardSwish));
        var small = new InitialValue.Normal(0.01);
        var classifier = new Chain(
            new Dense(6 * width, hidden, small), new Operation(NormActivation.HardSwish), new CounterDropout(description.Dropout ?? 0.2, context),
            new Dense(hidden, description.Classes.Length, small));
        return new(description, features, classifier, 3);
    }

    public override int Seam => _links - LinksBehindSeam;

    public override Tensor Logits(Tensor features) => _classifier.Call(features, (_headPosition - 1)..);

    protected override Tensor BeforeSeam(Tensor input) => _features.Call(input, ..Seam);

    public override Tensor Rear(Tensor middle)
    {
        using var maps = _features.Call(middle, Seam..);
        using var pooled = _pool.call(maps);
        using var flat = pooled.flatten(1);
        return _classifier.Call(flat, ..(_headPosition - 1));
    }

    /// <summary>The nearest multiple of 8, but not more than a tenth below.</summary>
    private static int DivisibleBy8(int channels)
    {
        int rounded = Math.Max(8, (channels + 4) / 8 * 8);
        return rounded < 0.9 * channels ? rounded + 8 : rounded;
    }
}

/// <summary>Convolution, batch norm and activation as one link, with the norm's constants of one architecture.</summary>
internal sealed record NormActivation(double Epsilon, double Momentum)
{
    public static Tensor Relu(Tensor x) => x.relu_();
    public static Tensor Relu6(Tensor x) => x.clamp_(Number.Of(0), Number.Of(6));
    public static Tensor HardSwish(Tensor x) => nn.functional.hardswish(x);

    public nn.Module<Tensor, Tensor> Norm(int features) => new Norm(features, Epsilon, Momentum);

    public Chain Conv(int input, int output, int kernel, int stride, Func<Tensor, Tensor>? activation, int groups = 1)
    {
        var chain = new Chain(Layers.Conv.Kaiming(input, output, kernel, stride, (kernel - 1) / 2, groups: groups), Norm(output));
        return activation is null ? chain : chain.Add(new Operation(activation));
    }
}

/// <summary>A body that widens and narrows again, around which the input passes where shapes allow.</summary>
internal sealed class InvertedResidual : nn.Module<Tensor, Tensor>
{
    private readonly Chain[] _body;      // one; in an array, because a field of module type would be registered under its own name
    private readonly bool _around;

    public InvertedResidual(string name, Chain body, bool around) : base(nameof(InvertedResidual))
    {
        (_body, _around) = ([body], around);
        register_module(name, body);
    }

    public override Tensor forward(Tensor input)
    {
        var output = _body[0].call(input);
        return _around ? output.add_(input, Number.One) : output;
    }
}

/// <summary>Weighs each channel by what the whole map says (Hu et al., 2017).</summary>
internal sealed class SqueezeExcitation : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "fc1")] private readonly Conv _fc1;
    [ComponentName(Name = "fc2")] private readonly Conv _fc2;

    public SqueezeExcitation(int channels, int squeezed) : base(nameof(SqueezeExcitation))
    {
        _fc1 = Conv.Kaiming(channels, squeezed, 1, bias: true);
        _fc2 = Conv.Kaiming(squeezed, channels, 1, bias: true);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var pooled = input.mean([2, 3], keepdim: true);
        using var squeezed = _fc1.call(pooled).relu_();
        using var raw = _fc2.call(squeezed);
        using var weights = nn.functional.hardsigmoid(raw);
        return input * weights;
    }
}
