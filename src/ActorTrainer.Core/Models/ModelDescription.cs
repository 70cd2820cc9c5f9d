using System.Collections.Immutable;
using ActorTrainer.Core.Data;

namespace ActorTrainer.Core.Models;

/// <summary>
/// All that is needed to build a model again and feed it: stored in every checkpoint, so that a checkpoint predicts without the experiment file.
/// </summary>
/// <param name="Architecture">A name of the catalogue, or <c>onnx:&lt;sha256&gt;</c> for an imported graph (whose file stands in the checkpoint's run).</param>
/// <param name="GraphLocation">Where the ONNX graph was read (a path or <c>builtin:NAME</c>); null for the catalogue's.</param>
/// <param name="ImageSize">Height and width in pixels.</param>
/// <param name="Dropout">Probability in place of the architecture's own; null: its own.</param>
/// <param name="Normalize">Resolved: never Auto.</param>
/// <param name="Evaluate">The deterministic transforms of evaluation and prediction.</param>
public sealed record ModelDescription(
    string Architecture, string? GraphLocation, ImmutableArray<string> Classes, int Channels, int ImageSize, double? Dropout,
    InputNormalization Normalize, ImmutableArray<ImageTransform> Evaluate, Rgb Background)
{
    /// <summary>How the picture files were decoded that the model was evaluated on, and how those are that it predicts. Exact where a description does not say.</summary>
    public PictureDecoding Decode { get; init; }
}

/// <summary>(pixel / 255 - mean) / std by channel; or the imported graph's own preprocessing on pixels 0..255.</summary>
/// <param name="BuiltIn">The graph brings its own preprocessing; mean and std are empty then.</param>
public sealed record InputNormalization(ImmutableArray<double> Mean, ImmutableArray<double> Std, bool BuiltIn = false);
