using System.Collections.Immutable;
using System.Globalization;
using ActorTrainer.Core.Models;
using ActorTrainer.Torch.Devices;
using ActorTrainer.Torch.Models.Layers;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Models.Architectures;

/// <summary>How many blocks a stage has, of which kind and width.</summary>
/// <param name="Bottleneck">Blocks of three convolutions that end four times as wide, instead of two.</param>
internal sealed record ResNetLayout(bool Bottleneck, ImmutableArray<int> Blocks, int Groups = 1, int WidthPerGroup = 64);

/// <summary>
/// ResNet (He et al., 2015; in bottlenecks the stride is at the 3 x 3, "v1.5"), ResNeXt (Xie et al., 2016) and Wide ResNet (Zagoruyko and
/// Komodakis, 2016), as torchvision has them.
/// </summary>
internal sealed class ResNet : ImageModel
{
    [ComponentName(Name = "conv1")] private readonly Conv _conv1;
    [ComponentName(Name = "bn1")] private readonly Norm _bn1;
    private readonly List<Chain> _layers = [];
    private readonly AdaptiveAveragePool _pool = new(1);
    [ComponentName(Name = "fc")] private readonly Dense _fc;

    public ResNet(ModelDescription description, ResNetLayout layout) : base(description)
    {
        _conv1 = Conv.Kaiming(description.Channels, 64, 7, stride: 2, padding: 3);
        _bn1 = new Norm(64);
        int width = 64, planes = 64;
        var blocks = ImmutableArray.CreateBuilder<ImmutableArray<string>>();
        blocks.Add(["conv1.", "bn1."]);
        for (int stage = 0; stage < layout.Blocks.Length; stage++, planes *= 2)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"layer{stage + 1}");
            var layer = new Chain();
            for (int block = 0; block < layout.Blocks[stage]; block++)
            {
                var residual = new ResidualBlock(width, planes, stride: stage > 0 && block == 0 ? 2 : 1, layout);
                layer.Add(residual);
                width = residual.Width;
                blocks.Add([string.Create(CultureInfo.InvariantCulture, $"{name}.{block}.")]);
            }

            register_module(name, layer);
            _layers.Add(layer);
        }

        _fc = new(width, description.Classes.Length);
        blocks.Add(["fc."]);
        Blocks = blocks.ToImmutable();
        Seam = Blocks.Length - 1 - layout.Blocks[^1];
        RegisterComponents();
    }

    public override ImmutableArray<string> HeadPrefixes => ["fc."];
    public override ImmutableArray<ImmutableArray<string>> Blocks { get; }

    /// <summary>Before the last stage, which has two thirds (ResNet-50) to three quarters (ResNet-18) of the parameters with the head, and about a quarter of the multiplications.</summary>
    public override int Seam { get; }

    public override Tensor Logits(Tensor features) => _fc.call(features);

    protected override Tensor BeforeSeam(Tensor input)
    {
        Tensor x;
        using (var filtered = _conv1.call(input))
        using (var active = _bn1.call(filtered).relu_())
            x = nn.functional.max_pool2d(active, [3, 3], [2, 2], [1, 1]);
        foreach (var layer in _layers.SkipLast(1))
        {
            var next = layer.call(x);
            x.Dispose();
            x = next;
        }

        return x;
    }

    public override Tensor Rear(Tensor middle)
    {
        using var maps = _layers[^1].call(middle);
        using var pooled = _pool.call(maps);
        return pooled.flatten(1);
    }
}

/// <summary>Two or three convolutions, each with batch norm, around which the input passes unchanged or by one strided projection.</summary>
internal sealed class ResidualBlock : nn.Module<Tensor, Tensor>
{
    private readonly List<(Conv Conv, Norm Norm)> _convolutions = [];
    [ComponentName(Name = "downsample")] private readonly Chain? _downsample;

    public ResidualBlock(int input, int planes, int stride, ResNetLayout layout) : base(nameof(ResidualBlock))
    {
        int width = planes * layout.WidthPerGroup / 64 * layout.Groups;
        Width = layout.Bottleneck ? planes * 4 : planes;
        if (layout.Bottleneck)
        {
            Add(Conv.Kaiming(input, width, 1), width);
            Add(Conv.Kaiming(width, width, 3, stride, padding: 1, groups: layout.Groups), width);
            Add(Conv.Kaiming(width, Width, 1), Width);
        }
        else
        {
            Add(Conv.Kaiming(input, planes, 3, stride, padding: 1), planes);
            Add(Conv.Kaiming(planes, planes, 3, padding: 1), planes);
        }

        if (stride != 1 || input != Width) _downsample = new(Conv.Kaiming(input, Width, 1, stride), new Norm(Width));
        RegisterComponents();

        void Add(Conv conv, int features)
        {
            string number = (_convolutions.Count + 1).ToString(CultureInfo.InvariantCulture);
            var norm = new Norm(features);
            register_module("conv" + number, conv);
            register_module("bn" + number, norm);
            _convolutions.Add((conv, norm));
        }
    }

    /// <summary>Channels that come out.</summary>
    public int Width { get; }

    public override Tensor forward(Tensor input)
    {
        var x = input;
        foreach (var (conv, norm) in _convolutions)
        {
            using var filtered = conv.call(x);
            if (!ReferenceEquals(x, input)) x.Dispose();
            x = norm.call(filtered);
            if (norm != _convolutions[^1].Norm) x = x.relu_();
        }

        if (_downsample is null) return x.add_(input, Number.One).relu_();
        using var around = _downsample.call(input);
        return x.add_(around, Number.One).relu_();
    }
}
