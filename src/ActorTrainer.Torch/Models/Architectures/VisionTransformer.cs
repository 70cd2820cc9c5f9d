using System.Collections.Immutable;
using System.Globalization;
using ActorTrainer.Core.Models;
using ActorTrainer.Torch.Devices;
using ActorTrainer.Torch.Models.Layers;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Models.Architectures;

internal sealed record VisionTransformerLayout(int Width, int Depth, int Heads, int MlpWidth);

/// <summary>ViT (Dosovitskiy et al., 2020) on patches of 16 x 16, as torchvision has it; positions follow from the image's size.</summary>
internal sealed class VisionTransformer : ImageModel, IInitialized
{
    public const int Patch = 16;
    public const string PositionName = "encoder.pos_embedding";

    [ComponentName(Name = "class_token")] private readonly Parameter _classToken;
    [ComponentName(Name = "conv_proj")] private readonly Conv _projection;
    [ComponentName(Name = "encoder")] private readonly Encoder _encoder;
    [ComponentName(Name = "heads")] private readonly Chain _heads;
    private readonly int _depth;

    public VisionTransformer(ModelDescription description, ModulesContext context, VisionTransformerLayout layout) : base(description)
    {
        int patches = description.ImageSize / Patch * (description.ImageSize / Patch), width = layout.Width;
        _depth = layout.Depth;
        _classToken = Conv.NewParameter(1, 1, width);
        _projection = new(description.Channels, width, Patch, stride: Patch,
            initial: new InitialValue.TruncatedNormal(Math.Sqrt(1.0 / (description.Channels * Patch * Patch))));
        _encoder = new(patches + 1, layout, description.Dropout ?? 0, context);
        _heads = new Chain().Add("head", new Dense(width, description.Classes.Length, Models.InitialValue.Zeros));
        RegisterComponents();
    }

    public override ImmutableArray<string> HeadPrefixes => ["heads.head."];

    public override ImmutableArray<ImmutableArray<string>> Blocks =>
    [
        ["class_token", "conv_proj.", PositionName],
        .. Enumerable.Range(0, _depth).Select(i => ImmutableArray.Create(string.Create(CultureInfo.InvariantCulture, $"encoder.layers.encoder_layer_{i}."))),
        ["encoder.ln.", "heads.head."],
    ];

    InitialValue IInitialized.InitialValue(string parameter) => Models.InitialValue.Zeros;

    /// <summary>Half of the layers.</summary>
    public override int Seam => 1 + (_depth / 2);

    public override Tensor Logits(Tensor features) => _heads.call(features);

    protected override Tensor BeforeSeam(Tensor input)
    {
        using var patches = _projection.call(input);
        using var sequence = patches.flatten(2).transpose(1, 2);
        using var token = _classToken.expand(input.shape[0], -1, -1);
        using var tokens = cat([token, sequence], 1);
        return _encoder.Begin(tokens, _depth / 2);
    }

    public override Tensor Rear(Tensor middle)
    {
        using var encoded = _encoder.End(middle, _depth / 2);
        return encoded.select(1, 0);
    }

    private sealed class Encoder : nn.Module, IInitialized
    {
        [ComponentName(Name = "pos_embedding")] private readonly Parameter _positions;
        [ComponentName(Name = "dropout")] private readonly CounterDropout _dropout;
        [ComponentName(Name = "layers")] private readonly Chain _layers = new();
        [ComponentName(Name = "ln")] private readonly LayerNorm _norm;

        public Encoder(int length, VisionTransformerLayout layout, double dropout, ModulesContext context) : base(nameof(Encoder))
        {
            _positions = Conv.NewParameter(1, length, layout.Width);
            _dropout = new(dropout, context);
            for (int i = 0; i < layout.Depth; i++)
                _layers.Add(string.Create(CultureInfo.InvariantCulture, $"encoder_layer_{i}"), new EncoderBlock(layout, dropout, context));
            _norm = nn.LayerNorm(layout.Width, 1e-6);
            RegisterComponents();
        }

        public InitialValue InitialValue(string parameter) => new InitialValue.Normal(0.02);

        /// <summary>As far as a layer.</summary>
        public Tensor Begin(Tensor tokens, int layer)
        {
            using var placed = tokens.add(_positions, Number.One);
            using var x = _dropout.call(placed);
            return _layers.Call(x, ..layer);
        }

        /// <summary>From that layer on.</summary>
        public Tensor End(Tensor middle, int layer)
        {
            using var y = _layers.Call(middle, layer..);
            return _norm.call(y);
        }
    }

    private sealed class EncoderBlock : nn.Module<Tensor, Tensor>
    {
        [ComponentName(Name = "ln_1")] private readonly LayerNorm _norm1;
        [ComponentName(Name = "self_attention")] private readonly SelfAttention _attention;
        [ComponentName(Name = "dropout")] private readonly CounterDropout _dropout;
        [ComponentName(Name = "ln_2")] private readonly LayerNorm _norm2;
        [ComponentName(Name = "mlp")] private readonly Chain _mlp;

        public EncoderBlock(VisionTransformerLayout layout, double dropout, ModulesContext context) : base(nameof(EncoderBlock))
        {
            _norm1 = nn.LayerNorm(layout.Width, 1e-6);
            _attention = new(layout.Width, layout.Heads);
            _dropout = new(dropout, context);
            _norm2 = nn.LayerNorm(layout.Width, 1e-6);
            var weight = Models.InitialValue.XavierUniform(layout.Width, layout.MlpWidth);
            var bias = new InitialValue.Normal(1e-6);
            _mlp = new(
                new Dense(layout.Width, layout.MlpWidth, weight, bias), new Operation(x => nn.functional.gelu(x)), new CounterDropout(dropout, context),
                new Dense(layout.MlpWidth, layout.Width, weight, bias), new CounterDropout(dropout, context));
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var normed1 = _norm1.call(input);
            using var attended = _attention.call(normed1);
            using var x = _dropout.call(attended);
            using var residual = x.add(input, Number.One);
            using var normed2 = _norm2.call(residual);
            using var y = _mlp.call(normed2);
            return residual.add(y, Number.One);
        }
    }

    /// <summary>Multi-head attention with the names of torch's, in plain products: fused kernels have no deterministic way back on every device.</summary>
    private sealed class SelfAttention : nn.Module<Tensor, Tensor>, IInitialized
    {
        [ComponentName(Name = "in_proj_weight")] private readonly Parameter _inWeight;
        [ComponentName(Name = "in_proj_bias")] private readonly Parameter _inBias;
        [ComponentName(Name = "out_proj")] private readonly Dense _out;
        private readonly int _width, _heads;

        public SelfAttention(int width, int heads) : base(nameof(SelfAttention))
        {
            (_width, _heads) = (width, heads);
            _inWeight = Conv.NewParameter(3 * width, width);
            _inBias = Conv.NewParameter(3 * width);
            _out = new(width, width, Models.InitialValue.Default(width));
            RegisterComponents();
        }

        public InitialValue InitialValue(string parameter) =>
            parameter == "in_proj_weight" ? Models.InitialValue.XavierUniform(_width, 3 * _width) : Models.InitialValue.Zeros;

        public override Tensor forward(Tensor input)
        {
            long batch = input.shape[0], length = input.shape[1], depth = _width / _heads;
            using var projected = nn.functional.linear(input, _inWeight, _inBias);
            using var byHead = projected.view(batch, length, 3, _heads, depth).permute(2, 0, 3, 1, 4);
            using var query = byHead[0].mul(Number.Of(Math.Pow(depth, -0.5)));
            using var key = byHead[1].transpose(-2, -1);
            using var value = byHead[2];
            using var scores = query.matmul(key);
            using var shares = scores.softmax(-1);
            using var mixed = shares.matmul(value);
            using var joined = mixed.transpose(1, 2).reshape(batch, length, _width);
            return _out.call(joined);
        }
    }
}
