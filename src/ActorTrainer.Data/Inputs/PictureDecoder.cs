using System.Collections.Concurrent;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Models;
using ActorTrainer.Data.Batching;
using ActorTrainer.Data.Decoding;

namespace ActorTrainer.Data.Inputs;

/// <summary>
/// From a file's bytes, which may be anything, to the pixels that a model sees before its normalisation: the same as training evaluates on. Any thread may
/// call it.
/// </summary>
/// <param name="maxPixels">A larger picture is refused by its header, before memory is taken for it.</param>
public sealed class PictureDecoder(ModelDescription model, long maxPixels)
{
    private const string Name = "picture";
    private static readonly ConcurrentBag<Workspace> Workspaces = [];

    private readonly BatchSourceOptions _options = new(model.Evaluate, model.Channels, model.ImageSize, model.Background, CorruptFilePolicy.Fail, [], 0, 1) { Decode = model.Decode };

    /// <summary>H x W x C. Throws <see cref="DataException"/>, for a person: "it is ...".</summary>
    public byte[] Decode(ReadOnlyMemory<byte> file)
    {
        if (!Workspaces.TryTake(out var workspace)) workspace = new();
        try
        {
            var header = ImageDecoder.ReadHeader(file.Span);
            if ((long)header.Width * header.Height > maxPixels)
                throw new CorruptImageException($"{header.Width} x {header.Height} pixels, more than the {maxPixels / 1_000_000} million that are taken");
            var loader = new SampleLoader((Sources.DataSet)ImageInputs.Of([(Name, file)]), _options);
            byte[] pixels = new byte[loader.SampleBytes];
            loader.Load(0, 0, workspace, pixels, CancellationToken.None);
            return pixels;
        }
        catch (CorruptImageException e)
        {
            throw new DataException(e.Message, e);
        }
        finally
        {
            Workspaces.Add(workspace);
        }
    }
}
