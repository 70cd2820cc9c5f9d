namespace ActorTrainer.Core.Models;

/// <param name="Architecture">A name of the catalogue, such as <c>resnet18</c>; null where an ONNX graph brings its own.</param>
/// <param name="Dropout">Replaces the architecture's own dropout probability where it has one; null: its default.</param>
public sealed record ModelSettings(string? Architecture, PretrainedSource? Pretrained, double? Dropout);

/// <summary>Where the first weights come from.</summary>
public abstract record PretrainedSource
{
    /// <summary>A .safetensors, .pth/.pt or .onnx file, absolute.</summary>
    public sealed record File(string Location) : PretrainedSource;
    /// <summary>Weights that stand next to the program, such as <c>resnet18-imagenet</c>.</summary>
    public sealed record Builtin(string Name) : PretrainedSource;
    /// <summary>A checkpoint of another run in the same runs folder; selector: a step, <c>best</c> or <c>last</c>; null: best.</summary>
    public sealed record Run(string Name, string? Selector) : PretrainedSource;
}
