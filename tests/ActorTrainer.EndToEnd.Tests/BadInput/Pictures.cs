using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;
using ActorTrainer.EndToEnd.Tests.Processes;

namespace ActorTrainer.EndToEnd.Tests.BadInput;

/// <summary>Pictures by the byte, so that a test needs no codec, good and bad.</summary>
internal static class Pictures
{
    /// <summary>A folder of class folders: in each, grey pictures of a level of its own.</summary>
    public static void Folder(Workshop workshop, string folder, params string[] classes)
    {
        for (int i = 0; i < classes.Length; i++)
        {
            for (int j = 0; j < 6; j++) workshop.Write($"{folder}/{classes[i]}/{j}.png", Png(8, 8, (byte)(40 + 80 * i + j)));
        }
    }

    /// <summary>A grey PNG of one level.</summary>
    public static byte[] Png(int width, int height, byte level)
    {
        var rows = new MemoryStream();
        using (var zlib = new ZLibStream(rows, CompressionLevel.Fastest))
        {
            byte[] row = new byte[width + 1];
            row.AsSpan(1).Fill(level);
            for (int y = 0; y < height; y++) zlib.Write(row);
        }

        return Png(width, height, rows.ToArray());
    }

    /// <summary>A PNG whose header promises any size, with what is given as its compressed rows.</summary>
    public static byte[] Png(int width, int height, byte[] rows)
    {
        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        header[8] = 8;      // bits a sample, grey, no interlacing
        var png = new MemoryStream();
        png.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]);
        Chunk(png, "IHDR", header);
        Chunk(png, "IDAT", rows);
        Chunk(png, "IEND", []);
        return png.ToArray();
    }

    private static void Chunk(Stream png, string type, byte[] data)
    {
        Span<byte> number = stackalloc byte[4];
        byte[] body = [.. Encoding.ASCII.GetBytes(type), .. data];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        png.Write(number);
        png.Write(body);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.HashToUInt32(body));
        png.Write(number);
    }
}
