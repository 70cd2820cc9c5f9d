namespace ActorTrainer.Data.Augmentation;

/// <summary>
/// A stretch of one axis of a picture, in pixels. It may begin and end within pixels: what a crop becomes in a picture that was decoded at another scale.
/// </summary>
internal readonly record struct Extent(double Begin, double Size)
{
    /// <summary>The first pixel that it touches.</summary>
    public int First => (int)Math.Floor(Begin);

    /// <summary>Pixels that it touches.</summary>
    public int Pixels => (int)Math.Ceiling(Begin + Size) - First;

    /// <summary>How far into its first pixel it begins: 0 where it begins with the pixel.</summary>
    public double Lead => Begin - First;

    /// <summary>Whether resizing it to <paramref name="pixels"/> changes anything.</summary>
    public bool IsResizedTo(int pixels) => Size != pixels || Lead != 0;
}
