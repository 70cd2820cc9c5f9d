using ActorTrainer.Core.Data;
using ActorTrainer.Data.Augmentation;
using ActorTrainer.Data.Decoding;

namespace ActorTrainer.Data.Sources;

/// <summary>
/// Decodes the picture files of one data set. A file that was decoded to its end once is known to be sound, and is read only as far as it is needed from then on.
/// </summary>
internal sealed class EncodedPictures(int samples)
{
    private readonly bool[] _sound = new bool[samples];

    public static PictureSize SizeOf(Workspace workspace)
    {
        var header = ImageDecoder.ReadHeader(workspace.File.Span);
        return new(header.Width, header.Height);
    }

    /// <summary>Decodes <see cref="Workspace.File"/>, which is that sample's.</summary>
    public PicturePart Decode(int sample, Workspace workspace, Rgb background, Framing framing, PictureDecoding mode)
    {
        var part = ImageDecoder.Decode(workspace.File.Span, workspace, background, framing, mode, Volatile.Read(ref _sound[sample]));
        Volatile.Write(ref _sound[sample], true);
        return part;
    }
}
