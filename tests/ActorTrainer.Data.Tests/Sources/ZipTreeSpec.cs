using System.Buffers.Binary;
using System.IO.Compression;
using ActorTrainer.Core.Data;
using ActorTrainer.Data.Decoding;
using ActorTrainer.Data.Sources;
using CsCheck;

namespace ActorTrainer.Data.Tests.Sources;

public sealed class ZipTreeSpec : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("../evil.png")]
    [InlineData("train/../../evil.png")]
    [InlineData("/etc/evil.png")]
    [InlineData("..\\evil.png")]
    [InlineData("C:/evil.png")]
    [InlineData("train/a/..")]
    public void An_entry_that_leads_out_of_the_archive_condemns_it(string entry)
    {
        string zip = _folder.WriteZip("x.zip", ("train/a/1.png", TemporaryFolder.Picture(1)), (entry, [1]));
        Assert.Contains("leads out of the archive", Refused(zip));
    }

    [Fact]
    public void A_link_in_an_archive_is_refused()
    {
        string zip = Path.Combine(_folder.Path, "x.zip");
        using (var archive = new ZipArchive(File.Create(zip), ZipArchiveMode.Create))
        {
            var entry = archive.CreateEntry("train/a/1.png");
            entry.ExternalAttributes = unchecked((int)0xA1FF0000);
            using var stream = entry.Open();
            stream.Write("/etc/passwd"u8);
        }

        // Made on Unix, whatever this test runs on.
        byte[] bytes = File.ReadAllBytes(zip);
        bytes[Find(bytes, 0x02014b50) + 5] = 3;
        File.WriteAllBytes(zip, bytes);
        Assert.Contains("is a symbolic link", Refused(zip));
    }

    [Fact]
    public void An_entry_that_claims_to_be_huge_takes_no_memory()
    {
        string zip = _folder.WriteZip("x.zip", ("a/1.jpg", new byte[100_000]));
        byte[] bytes = File.ReadAllBytes(zip);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(Find(bytes, 0x02014b50) + 24), 3_000_000_000);
        File.WriteAllBytes(zip, bytes);
        Assert.Contains("more than the 512 MiB", ReadFails(zip));
    }

    [Theory]
    [InlineData(50_000)]
    [InlineData(150_000)]
    public void An_entry_of_another_length_than_declared_is_corrupt(uint declared)
    {
        string zip = _folder.WriteZip("x.zip", ("a/1.jpg", new byte[100_000]));
        byte[] bytes = File.ReadAllBytes(zip);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(Find(bytes, 0x02014b50) + 24), declared);
        File.WriteAllBytes(zip, bytes);
        Assert.Contains("not as long as the zip says", ReadFails(zip));
    }

    [Fact]
    public void A_flipped_bit_is_found_by_the_CRC()
    {
        string zip = _folder.WriteZip("x.zip", ("a/1.png", TemporaryFolder.Picture(1)));
        byte[] bytes = File.ReadAllBytes(zip);
        bytes[60] ^= 1;
        File.WriteAllBytes(zip, bytes);
        Assert.Contains("CRC", ReadFails(zip));
    }

    [Fact]
    public void Threads_read_one_archive_side_by_side()
    {
        var entries = Enumerable.Range(0, 200).Select(i => ($"a/{i:000}.{(i % 2 == 0 ? "png" : "jpg")}", Enumerable.Repeat((byte)i, 1 + i * 37).ToArray())).ToArray();
        string zip = _folder.WriteZip("x.zip", entries);
        using var tree = new ZipTree(zip, "a");
        WorkerThreads.For(2000, "test", (i, workspace) =>
        {
            var file = tree.Files[i % 200];
            tree.Read(file, workspace.File);
            Assert.Equal(1 + i % 200 * 37, workspace.File.Length);
            Assert.Equal(-1, workspace.File.Span.IndexOfAnyExcept((byte)(i % 200)));
        }, default);
    }

    [Fact]
    public void A_file_that_is_no_zip_and_one_that_was_cut_off_say_so()
    {
        Assert.Contains("is not a readable zip", Refused(_folder.Write("text.zip", "hello"u8.ToArray())));
        Assert.Contains("is not a readable zip", Refused(_folder.Write("empty.zip", [])));
        byte[] whole = File.ReadAllBytes(_folder.WriteZip("x.zip", ("a/1.png", TemporaryFolder.Picture(1))));
        Assert.Contains("is not a readable zip", Refused(_folder.Write("cut.zip", whole[..^10])));
    }

    [Fact]
    public void Any_damage_ends_in_a_message_never_in_another_exception()
    {
        byte[] whole = File.ReadAllBytes(_folder.WriteZip("x.zip", ("a/1.png", TemporaryFolder.Picture(1)), ("b/1.jpg", References.Bytes("decode/rgb.jpg")), ("b/2.jpg", new byte[5000])));
        int tried = 0;
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte, Gen.Int[0, whole.Length - 1], Gen.Byte).Sample(damage =>
        {
            byte[] bytes = whole.ToArray();
            (bytes[damage.Item1], bytes[damage.Item3]) = (damage.Item2, damage.Item4);
            string path = _folder.Write($"damaged{Interlocked.Increment(ref tried)}.zip", bytes);
            try
            {
                using var data = new DataReader().Open(path, null, null, default);
            }
            catch (DataException)
            {
                // What a user sees; anything else fails the test.
            }
        }, iter: 400);
    }

    private static string Refused(string zip) => Assert.Throws<DataException>(() => new ZipTree(zip, "")).Message;

    private static string ReadFails(string zip)
    {
        using var tree = new ZipTree(zip, "");
        return Assert.Throws<CorruptImageException>(() => tree.Read(tree.Files[0], new FileBytes())).Message;
    }

    private static int Find(byte[] bytes, uint signature)
    {
        byte[] wanted = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(wanted, signature);
        return bytes.AsSpan().IndexOf(wanted);
    }
}
