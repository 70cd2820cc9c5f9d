using System.IO.Compression;
using ActorTrainer.Data.Decoding;
using ActorTrainer.Data.Inspection;
using SkiaSharp;

namespace ActorTrainer.Data.Tests;

/// <summary>A folder of the test's own, gone afterwards.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("actortrainer-data-").FullName;

    public string Write(string name, byte[] bytes)
    {
        string path = System.IO.Path.Combine(Path, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    /// <summary>A PNG of one colour, so that tests can tell samples apart by a pixel.</summary>
    public string WritePicture(string name, byte level, int width = 6, int height = 4) => Write(name, Picture(level, width, height));

    public string WriteZip(string name, params (string Entry, byte[] Bytes)[] entries)
    {
        using var zip = new ZipArchive(File.Create(System.IO.Path.Combine(Path, name)), ZipArchiveMode.Create);
        foreach (var (entry, bytes) in entries)
        {
            using var stream = zip.CreateEntry(entry, entry.EndsWith(".png", StringComparison.Ordinal) ? CompressionLevel.NoCompression : CompressionLevel.Optimal).Open();
            stream.Write(bytes);
        }

        return System.IO.Path.Combine(Path, name);
    }

    public static byte[] Picture(byte level, int width = 6, int height = 4)
    {
        var raster = new Raster();
        raster.Resize(width, height);
        raster.Fill(new(level, level, (byte)(255 - level)));
        return PictureFile.Encode(raster, SKEncodedImageFormat.Png, 100);
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
