using ActorTrainer.Core.Randomness;
using ActorTrainer.Data.Augmentation;
using ActorTrainer.Data.Decoding;

namespace ActorTrainer.Data.Tests;

internal static class WholePictures
{
    /// <summary>All transforms on a picture that stands in the workspace as a whole.</summary>
    public static void ApplyToWhole(this TransformPipeline pipeline, Workspace workspace, ref RandomStream random)
    {
        var whole = PicturePart.Whole(workspace.Picture);
        var framing = pipeline.First(whole.Picture, ref random);
        pipeline.Apply(workspace, whole, framing, ref random);
    }
}
