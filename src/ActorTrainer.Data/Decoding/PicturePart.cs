using ActorTrainer.Data.Augmentation;

namespace ActorTrainer.Data.Decoding;

/// <summary>A picture's size as it is shown, in pixels.</summary>
internal readonly record struct PictureSize(int Width, int Height)
{
    public PixelWindow All => new(0, 0, Width, Height);
}

/// <summary>What of a picture stands in a <see cref="Raster"/>: the raster's first pixel is at (Left, Top) of a picture of this size, which may be a scaled one.</summary>
internal readonly record struct PicturePart(int Left, int Top, PictureSize Picture)
{
    public static PicturePart Whole(Raster picture) => new(0, 0, new(picture.Width, picture.Height));
}
