using System.Collections.Immutable;
using System.IO.Compression;
using System.Numerics;
using System.Text;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Weights.Pickle;

namespace ActorTrainer.Torch.Weights;

/// <summary>
/// State dicts that torch.save wrote, in the zip format or the older plain one. Half and small integer types are widened to those that checkpoints know.
/// Files come from strangers: only tensors can come out, and what the file claims is checked before memory is taken for it.
/// </summary>
public static class TorchFile
{
    private const int MostPickleBytes = 64 << 20;
    private static readonly BigInteger Magic = BigInteger.Parse("119547037146038801333356", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Throws <see cref="EngineException"/> naming the file and what is wrong with it.</summary>
    public static ImmutableArray<NamedTensor> Read(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
            Span<byte> start = stackalloc byte[4];
            bool zip = file.ReadAtLeast(start, 4, throwOnEndOfStream: false) == 4 && start.SequenceEqual("PK\x03\x04"u8);
            file.Position = 0;
            return zip ? ReadZip(file) : ReadPlain(file);
        }
        catch (Exception e) when (e is PickleException or InvalidDataException or EndOfStreamException)
        {
            string contains = e is PickleException ? "It contains " : "";
            throw new EngineException($"{path} can't be used as weights. {contains}{e.Message}. Save the state dict alone: torch.save(model.state_dict(), path).", e);
        }
    }

    private static ImmutableArray<NamedTensor> ReadZip(FileStream file)
    {
        using var zip = new ZipArchive(file, ZipArchiveMode.Read);
        var pickle = zip.Entries.FirstOrDefault(entry => entry.FullName.EndsWith("/data.pkl", StringComparison.Ordinal))
            ?? throw new InvalidDataException("A zip without data.pkl: not written by torch.save");
        string folder = pickle.FullName[..^"data.pkl".Length];
        if (zip.GetEntry(folder + "byteorder") is { } order && Encoding.ASCII.GetString(Bytes(order, 16)) is not "little")
            throw new InvalidDataException("It was saved big-endian");
        var root = new PickleReader(new MemoryStream(Bytes(pickle, MostPickleBytes)), TorchGlobals.Persistent).Read();
        var storages = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        return Tensors(root, file.Length, storage =>
        {
            if (storages.TryGetValue(storage.Key, out byte[]? bytes)) return bytes;
            var entry = zip.GetEntry($"{folder}data/{storage.Key}") ?? throw new InvalidDataException($"The storage '{storage.Key}' is missing");
            return storages[storage.Key] = Bytes(entry, int.MaxValue - 64);
        });
    }

    /// <summary>torch.save stores without compression: what an entry claims to unpack to is what the file holds.</summary>
    private static byte[] Bytes(ZipArchiveEntry entry, int most)
    {
        if (entry.Length > most || entry.CompressedLength != entry.Length) throw new InvalidDataException($"The entry {entry.FullName} is compressed or too long");
        byte[] bytes = GC.AllocateUninitializedArray<byte>((int)entry.Length);
        using var stream = entry.Open();
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>Before PyTorch 1.6: magic number, version, system, the pickle, the storages' keys, then each storage's count and bytes.</summary>
    private static ImmutableArray<NamedTensor> ReadPlain(FileStream file)
    {
        var types = new Dictionary<string, StorageType>(StringComparer.Ordinal);
        var reader = new PickleReader(file, id =>
        {
            var storage = TorchGlobals.Persistent(id);
            types[storage.Key] = storage.Type;
            return storage;
        });
        if (reader.Read() is not BigInteger magic || magic != Magic || reader.Read() is not 1001L)
            throw new InvalidDataException("It is neither a zip nor an older file of torch.save");
        reader.Read();
        object? root = reader.Read();
        if (reader.Read() is not List<object?> keys) throw new InvalidDataException("The list of storages is missing");
        var storages = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        byte[] count = new byte[8];
        foreach (object? key in keys)
        {
            if (key is not string name || !types.TryGetValue(name, out var type)) throw new InvalidDataException("A storage that no tensor uses");
            file.ReadExactly(count);
            long elements = BitConverter.ToInt64(count), left = file.Length - file.Position;
            int size = StridedCopy.Size(type);
            if (elements < 0 || elements > left / size || elements > int.MaxValue / size - 64) throw new InvalidDataException($"The storage '{name}' is cut off or too long");
            byte[] bytes = GC.AllocateUninitializedArray<byte>((int)elements * size);
            file.ReadExactly(bytes);
            storages[name] = bytes;
        }

        return Tensors(root, file.Length, storage => storages.GetValueOrDefault(storage.Key) ?? throw new InvalidDataException($"The storage '{storage.Key}' is missing"));
    }

    /// <summary>The tensors of the outermost dictionary, or of the one under <c>state_dict</c> or <c>model</c> in it.</summary>
    private static ImmutableArray<NamedTensor> Tensors(object? root, long fileBytes, Func<StorageReference, byte[]> bytesOf)
    {
        var entries = (root as PickleDictionary)?.Entries ?? throw new InvalidDataException("There is no dictionary of tensors in it");
        foreach (string nested in (string[])["state_dict", "model_state_dict", "model"])
        {
            if (entries.FirstOrDefault(entry => entry.Key is string key && key == nested).Value is PickleDictionary inner)
            {
                entries = inner.Entries;
                break;
            }
        }

        var tensors = new Dictionary<string, NamedTensor>(StringComparer.Ordinal);
        long budget = checked(fileBytes * 8);        // half widened to float doubles; storages may be shared; a bomb is neither
        foreach (var (key, value) in entries)
        {
            if (key is not string name || value is not TensorReference tensor) continue;
            var read = StridedCopy.Read(name, tensor, bytesOf(tensor.Storage), budget);
            budget -= read.Data.Length;
            tensors[name] = read;
        }

        return tensors.Count > 0 ? [.. tensors.Values] : throw new InvalidDataException("There is no tensor in it");
    }
}
