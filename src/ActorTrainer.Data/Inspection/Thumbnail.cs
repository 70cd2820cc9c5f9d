using ActorTrainer.Core.Data;
using ActorTrainer.Data.Decoding;
using ActorTrainer.Data.Sources;
using SkiaSharp;

namespace ActorTrainer.Data.Inspection;

/// <summary>A sample as a small picture file, for a page that has to carry its pictures with it.</summary>
public static class Thumbnail
{
    private const int JpegQuality = 85;

    /// <summary>
    /// The sample scaled down (never up) until its longer side is <paramref name="maxSide"/> pixels: a JPEG, or a PNG where that is so small that JPEG would blur it.
    /// Null if it can't be decoded.
    /// </summary>
    public static (byte[] Bytes, string MediaType)? Of(IDataSet data, int sample, int maxSide, Rgb background)
    {
        var workspace = new Workspace();
        try
        {
            ((DataSet)data).Decode(sample, workspace, background);
        }
        catch (CorruptImageException)
        {
            return null;
        }

        return Shrink(workspace, maxSide);
    }

    /// <summary>The same of a file that belongs to no data set.</summary>
    internal static (byte[] Bytes, string MediaType)? Of(IFileTree tree, TreeFile file, int maxSide)
    {
        var workspace = new Workspace();
        try
        {
            tree.Read(file, workspace.File);
            ImageDecoder.Decode(workspace.File.Span, workspace, Rgb.White);
        }
        catch (CorruptImageException)
        {
            return null;
        }

        return Shrink(workspace, maxSide);
    }

    private static (byte[] Bytes, string MediaType) Shrink(Workspace workspace, int maxSide)
    {
        var picture = workspace.Picture;
        double scale = Math.Min(1, maxSide / (double)Math.Max(picture.Width, picture.Height));
        int width = Math.Max((int)(picture.Width * scale), 1), height = Math.Max((int)(picture.Height * scale), 1);
        workspace.Resampler.Resize(picture, new(0, 0, picture.Width, picture.Height), width, height, new(0, 0, width, height), workspace.Spare);
        bool tiny = Math.Max(width, height) <= 64;
        return (PictureFile.Encode(workspace.Spare, tiny ? SKEncodedImageFormat.Png : SKEncodedImageFormat.Jpeg, JpegQuality), tiny ? "image/png" : "image/jpeg");
    }
}
