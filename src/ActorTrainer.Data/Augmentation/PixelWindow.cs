namespace ActorTrainer.Data.Augmentation;

/// <summary>A rectangle of pixels: where it begins and its size.</summary>
internal readonly record struct PixelWindow(int Left, int Top, int Width, int Height)
{
    public int Right => Left + Width;
    public int Bottom => Top + Height;
    public bool IsEmpty => Width <= 0 || Height <= 0;

    public bool Contains(PixelWindow other) => other.Left >= Left && other.Top >= Top && other.Right <= Right && other.Bottom <= Bottom;

    /// <summary>What both have; empty where they do not meet.</summary>
    public PixelWindow Intersect(PixelWindow other)
    {
        int left = Math.Max(Left, other.Left), top = Math.Max(Top, other.Top);
        return new(left, top, Math.Max(Math.Min(Right, other.Right) - left, 0), Math.Max(Math.Min(Bottom, other.Bottom) - top, 0));
    }
}
