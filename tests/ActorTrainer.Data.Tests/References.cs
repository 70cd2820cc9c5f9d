using System.Buffers.Binary;
using System.IO.Compression;
using ActorTrainer.Data.Decoding;

namespace ActorTrainer.Data.Tests;

/// <summary>What Pillow and torchvision made of the same pictures: see TestData/make_references.py.</summary>
internal static class References
{
    private static readonly Dictionary<string, byte[]> Entries = ReadAll();

    public static IEnumerable<string> Names(string prefix) => Entries.Keys.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal);

    public static byte[] Bytes(string name) => Entries[name];

    /// <summary>Width, height and RGB.</summary>
    public static (int Width, int Height, byte[] Rgb) Picture(string name)
    {
        byte[] bytes = Entries[name + ".rgb"];
        return (BinaryPrimitives.ReadInt32LittleEndian(bytes), BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(4)), bytes[8..]);
    }

    /// <summary>The script's pattern, from the same formula.</summary>
    public static Raster Pattern(int width, int height)
    {
        var picture = new Raster();
        picture.Resize(width, height);
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++) picture.Words[y * width + x] = Raster.Word(At(x, y, 0), At(x, y, 1), At(x, y, 2));
        }

        return picture;

        static int At(int x, int y, int c) => (x * x * 3 / 16 + y * y * 5 / 16 + x * y / 8 + c * 85 + (x * 7919 + y * 104729 + c * 1299709) % 61) & 255;
    }

    public static byte[] Rgb(Raster picture)
    {
        byte[] rgb = new byte[picture.Width * picture.Height * 3];
        for (int i = 0; i < rgb.Length; i++) rgb[i] = picture.Pixels[i / 3 * 4 + i % 3];
        return rgb;
    }

    /// <summary>The same size, and no level further away than <paramref name="tolerance"/>.</summary>
    public static void AssertEqual(string name, Raster actual, int tolerance = 0)
    {
        var (width, height, expected) = Picture(name);
        Assert.Equal((width, height), (actual.Width, actual.Height));
        byte[] rgb = Rgb(actual);
        int worst = 0, at = 0;
        for (int i = 0; i < rgb.Length; i++)
        {
            if (Math.Abs(rgb[i] - expected[i]) > worst) (worst, at) = (Math.Abs(rgb[i] - expected[i]), i);
        }

        Assert.True(worst <= tolerance, $"{name}: pixel {at / 3 % width}, {at / 3 / width} channel {at % 3} is {rgb[at]}, not {expected[at]}");
    }

    private static Dictionary<string, byte[]> ReadAll()
    {
        using var zip = new ZipArchive(typeof(References).Assembly.GetManifestResourceStream("references.zip")!);
        return zip.Entries.ToDictionary(entry => entry.FullName, entry =>
        {
            using var stream = entry.Open();
            var bytes = new MemoryStream();
            stream.CopyTo(bytes);
            return bytes.ToArray();
        });
    }
}
