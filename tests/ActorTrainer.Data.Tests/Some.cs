using System.Collections.Immutable;
using ActorTrainer.Core.Data;

namespace ActorTrainer.Data.Tests;

/// <summary>Values that tests need and don't care about.</summary>
internal static class Some
{
    /// <summary>Every kind of transform, ending at size x size.</summary>
    public static ImmutableArray<ImageTransform> Augmentation(int size) =>
    [
        new ImageTransform.RandomRotation(10), new ImageTransform.RandomResizedCrop(size + 8, 0.4, 1, 0.75, 4.0 / 3), new ImageTransform.RandomCrop(size, size, 2),
        new ImageTransform.HorizontalFlip(0.5), new ImageTransform.VerticalFlip(0.1), new ImageTransform.ColorJitter(0.3, 0.3, 0.3, 0.1),
    ];
}
