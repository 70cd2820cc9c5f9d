namespace ActorTrainer.Benchmarks.Compare;

/// <summary>How much work a turn is. The default is what the targets are about; the quick one only shows that everything runs.</summary>
/// <param name="Pictures">JPEGs that the loaders read.</param>
internal sealed record CompareSizes(
    string Architecture, int Batch, int Image, int Steps, int Pictures, int Floats, int Rounds, int ScalingBatch, int ScalingImage, int ScalingSteps, TimeSpan Idle, bool IsQuick)
{
    public static CompareSizes Default { get; } = new("resnet18", 16, 224, 7, 1000, 25_000_000, 8, 8, 128, 12, TimeSpan.FromSeconds(20), false);

    public static CompareSizes Quick { get; } = new("resnet18", 2, 32, 3, 64, 100_000, 4, 2, 32, 4, TimeSpan.FromSeconds(1), true);
}
