using System.IO.Compression;
using ActorTrainer.Benchmarks.Micro;
using ActorTrainer.Core.Randomness;

namespace ActorTrainer.Benchmarks.Hostile;

/// <summary>Uploads of data sets: zips whole and damaged, names that leave their folder, contents that unpack to far more than they are; and looking at and deleting what came of them.</summary>
internal sealed class ArchiveRequests
{
    private const int Names = 8, BombBytes = 20_000_000;
    private readonly byte[] _good, _outside, _bomb, _empty;

    public ArchiveRequests()
    {
        byte[] jpeg = SomePictures.Jpeg(2);
        _good = Zip(("cats/1.jpg", jpeg), ("dogs/1.jpg", jpeg));
        _outside = Zip(("../../evil/1.jpg", jpeg), ("/etc/evil/1.jpg", jpeg), ("cats/\u0000.jpg", jpeg), ("cats/..", jpeg), ("cats\\x\\1.jpg", jpeg), ("dogs/1.jpg", jpeg));
        _bomb = Zip(("cats/1.jpg", new byte[BombBytes]), ("dogs/1.jpg", new byte[BombBytes]));
        _empty = Zip();
    }

    public HostileRequest Next(ref RandomStream random)
    {
        string name = random.NextInt32(4) == 0 ? Mutation.Of<string>(ref random, Mutation.Words) : $"set-{random.NextInt32(Names)}";
        return random.NextInt32(5) switch
        {
            0 or 1 => new("PUT", $"/v1/data-sets/{name}", Mutation.Damage(ref random, Mutation.Of(ref random, _good, _good, _outside, _bomb, _empty, SomePictures.Jpeg(3), [])), "application/zip"),
            2 => new("DELETE", $"/v1/data-sets/{name}"),
            3 => new("GET", $"/v1/data-sets/{name}/pictures" + Mutation.Fill(ref random, "?class=§&from=§&limit=§", "cats", "0", "5")),
            _ => new("GET", $"/v1/data-sets/{name}/thumbnail" + Mutation.Fill(ref random, "?path=§", "cats/1.jpg")),
        };
    }

    private static byte[] Zip(params (string Name, byte[] Bytes)[] entries)
    {
        using var file = new MemoryStream();
        using (var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, bytes) in entries)
            {
                using var entry = zip.CreateEntry(name, CompressionLevel.Fastest).Open();
                entry.Write(bytes);
            }
        }

        return file.ToArray();
    }
}
