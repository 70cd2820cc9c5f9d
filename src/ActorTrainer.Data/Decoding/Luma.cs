namespace ActorTrainer.Data.Decoding;

/// <summary>Grey from colour: ITU-R 601-2 in 16-bit fixed point, the same numbers as Pillow's convert("L").</summary>
internal static class Luma
{
    public static int Of(uint pixel) => (int)((pixel & 0xFF) * 19595 + (pixel >> 8 & 0xFF) * 38470 + (pixel >> 16 & 0xFF) * 7471 + 0x8000 >> 16);

    public static void Apply(Raster picture)
    {
        foreach (ref uint pixel in picture.Words)
        {
            int grey = Of(pixel);
            pixel = Raster.Word(grey, grey, grey);
        }
    }
}
