using ActorTrainer.Data.Decoding;
using ActorTrainer.Data.Inspection;
using SkiaSharp;

namespace ActorTrainer.Benchmarks.Micro;

/// <summary>JPEGs of the size and about the weight of photographs: waves with noise on them, the same on every machine.</summary>
internal static class SomePictures
{
    public const int Width = 500, Height = 375;
    private const int Quality = 90;

    public static byte[] Jpeg(int number)
    {
        var picture = new Raster();
        picture.Resize(Width, Height);
        uint noise = (uint)number * 2654435761 + 1;
        for (int y = 0; y < Height; y++)
        {
            for (int x = 0; x < Width; x++)
            {
                noise = noise * 1664525 + 1013904223;
                int grain = (int)(noise >> 27);
                picture.Words[y * Width + x] = Raster.Word(Wave(x, 37) + grain, Wave(y, 29) + grain, Wave(x + y + number, 53) + grain);
            }
        }

        return PictureFile.Encode(picture, SKEncodedImageFormat.Jpeg, Quality);

        static int Wave(int at, double length) => (int)(110 + 100 * Math.Sin(at / length * Math.PI));
    }
}
