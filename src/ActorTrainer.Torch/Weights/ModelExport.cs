using System.Collections.Immutable;
using System.Text.Json;
using ActorTrainer.Core.Models;

namespace ActorTrainer.Torch.Weights;

/// <summary>Weights as files for other programs. A file is there whole or not at all: written beside its place, then renamed.</summary>
public static class ModelExport
{
    /// <summary>With architecture, classes and normalisation in the file's metadata.</summary>
    public static void ToSafetensors(ModelDescription description, ImmutableArray<NamedTensor> weights, string path) =>
        Write(path, stream => Safetensors.Write(stream, weights, new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["format"] = "pt",
            ["architecture"] = description.Architecture,
            ["classes"] = JsonSerializer.Serialize(description.Classes.AsEnumerable()),
            ["image_size"] = JsonSerializer.Serialize(description.ImageSize),
            ["mean"] = JsonSerializer.Serialize(description.Normalize.Mean.AsEnumerable()),
            ["std"] = JsonSerializer.Serialize(description.Normalize.Std.AsEnumerable()),
        }));

    /// <summary>A state dict that <c>torch.load</c> reads, <c>weights_only</c> or not, and torchvision's model of the same name takes.</summary>
    public static void ToPth(ImmutableArray<NamedTensor> weights, string path) => Write(path, stream => PthWriter.Write(stream, weights));

    private static void Write(string path, Action<Stream> write)
    {
        string unfinished = path + ".tmp";
        try
        {
            using (var stream = new FileStream(unfinished, FileMode.Create, FileAccess.ReadWrite))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(unfinished, path, overwrite: true);
        }
        catch
        {
            File.Delete(unfinished);
            throw;
        }
    }
}
