using System.Collections.Immutable;
using ActorTrainer.Core.Models;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Models;

/// <summary>
/// A classifier: from normalised pictures, N x C x H x W, to logits, N x K. Where the description's normalisation is built in, it takes pixels
/// 0..255 as floats. State-dict names are torchvision's.
/// </summary>
public abstract class ImageModel : nn.Module<Tensor, Tensor>
{
    private readonly int _channels, _imageSize;
    private Dictionary<string, nn.Module>? _modules;

    protected ImageModel(ModelDescription description) : base(description.Architecture) =>
        (_channels, _imageSize) = (description.Channels, description.ImageSize);

    /// <summary>State-dict prefixes of the classifier's last layer, such as <c>fc.</c>: what depends on the number of classes. The first has its weight, K x F.</summary>
    public abstract ImmutableArray<string> HeadPrefixes { get; }

    /// <summary>Prefixes of state-dict names from input to head, a group a block: what layer-wise decay counts along.</summary>
    public abstract ImmutableArray<ImmutableArray<string>> Blocks { get; }

    /// <summary>
    /// How many of the blocks come before the seam: a place in the middle where the way forward is one tensor. Going back, training stops there for a moment: the
    /// gradients of all that comes behind it are complete, and most of a model's parameters are there.
    /// </summary>
    public abstract int Seam { get; }

    public sealed override Tensor forward(Tensor input)
    {
        using var features = Features(input);
        return Logits(features);
    }

    /// <summary>
    /// What the last layer's parameters are about to be multiplied with: N x F. Refuses pictures of another shape here: in native code some wrong shapes end
    /// the process.
    /// </summary>
    public Tensor Features(Tensor input)
    {
        using var middle = Front(input);
        return Rear(middle);
    }

    /// <summary>As far as the seam. Refuses as <see cref="Features"/> does.</summary>
    public Tensor Front(Tensor input)
    {
        if (input.shape is [_, var channels, var height, var width] && channels == _channels && height == _imageSize && width == _imageSize) return BeforeSeam(input);
        throw new ArgumentException(
            $"The model takes N x {_channels} x {_imageSize} x {_imageSize} but was given [{string.Join(", ", input.shape)}].", nameof(input));
    }

    /// <summary>F: what the head takes of each picture.</summary>
    public int FeatureCount => (int)named_parameters().Single(entry => entry.name == HeadPrefixes[0] + "weight").parameter.shape[1];

    /// <summary>N x K from N x F: the head, and the dropout right before it.</summary>
    public abstract Tensor Logits(Tensor features);

    /// <summary>From the seam on: N x F. May not change what it is given.</summary>
    public abstract Tensor Rear(Tensor middle);

    protected abstract Tensor BeforeSeam(Tensor input);

    /// <summary>Whether a parameter belongs to what comes behind the seam.</summary>
    public bool IsBehindSeam(string name) => Blocks.Skip(Seam).Any(block => block.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal)));

    public bool IsHead(string name) => HeadPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>How a parameter begins when it is not pretrained.</summary>
    /// <param name="parameter">Its state-dict name.</param>
    public InitialValue InitialValue(string parameter)
    {
        _modules ??= named_modules().Append(("", this)).DistinctBy(module => module.Item1).ToDictionary(module => module.Item1, module => module.Item2);
        int dot = parameter.LastIndexOf('.');
        string owner = dot < 0 ? "" : parameter[..dot], local = parameter[(dot + 1)..];
        return _modules[owner] switch
        {
            IInitialized module => module.InitialValue(local),
            LayerNorm => local == "weight" ? Models.InitialValue.Ones : Models.InitialValue.Zeros,
            var module => throw new InvalidOperationException($"{module.GetName()} does not say how '{parameter}' begins"),
        };
    }
}
