using SkiaSharp;

namespace ActorTrainer.Tests;

/// <summary>Small picture files of one colour each.</summary>
internal static class Pictures
{
    public static void Write(string folder, int count, SKColor colour, int width = 40, int height = 30)
    {
        Directory.CreateDirectory(folder);
        for (int i = 0; i < count; i++) File.WriteAllBytes(Path.Combine(folder, $"{i:00}.png"), Png(colour.WithBlue((byte)i), width, height));
    }

    public static byte[] Png(SKColor colour, int width = 40, int height = 30)
    {
        using var bitmap = new SKBitmap(width, height);
        bitmap.Erase(colour);
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }
}
