using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Weights;

namespace ActorTrainer.Torch.Tests.Weights;

public sealed class TorchFileSpec : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pth-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("nested.pth")]      // zip, below "state_dict", with "module." before each name
    [InlineData("legacy.pth")]      // the format before PyTorch 1.6
    public void State_dicts_that_torch_saved_are_read_views_and_narrow_types_included(string file)
    {
        var tensors = PretrainedWeights.ReadFile(TestData(file)).ToDictionary(tensor => tensor.Name);
        Assert.Equal(["brain", "count", "double", "half", "plain", "small", "view"], tensors.Keys.Order(StringComparer.Ordinal));
        Assert.Equal([0f, 1, 2, 3, 4, 5], Values<float>(tensors["plain"]));
        Assert.Equal([2, 3], tensors["plain"].Shape.ToArray());
        Assert.Equal([3, 2], tensors["view"].Shape.ToArray());
        Assert.Equal([8f, 14, 9, 15, 10, 16], Values<float>(tensors["view"]));
        Assert.Equal([0.5f, -2], Values<float>(tensors["half"]));
        Assert.Equal([0.1], Values<double>(tensors["double"]));
        Assert.Equal([7L], Values<long>(tensors["count"]));
        Assert.Empty(tensors["count"].Shape);
        Assert.Equal([-3L, 4], Values<long>(tensors["small"]));
        Assert.Equal((TensorType.BFloat16, 2), (tensors["brain"].Type, tensors["brain"].Data.Length));
    }

    [Fact]
    public void A_pickled_model_is_refused_with_the_way_to_save_its_weights()
    {
        var refused = Assert.Throws<EngineException>(() => TorchFile.Read(TestData("whole-model.pth")));
        Assert.Contains("'torch.nn.modules.container.Sequential'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("torch.save(model.state_dict(), path)", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cos\nsystem\nX\x04\0\0\0true\x85R.", "'os.system'")]
    [InlineData("cbuiltins\neval\nX\x01\0\0\0" + "1\x85R.", "'builtins.eval'")]
    [InlineData("\x8c\x05posix\x8c\x06system\x93\x8c\x04true\x85R.", "'posix.system'")]
    [InlineData("ctorch\nFloatStorage\n)R.", "a call that makes no tensor")]
    [InlineData("c__builtin__\ngetattr\nctorch\nFloatStorage\nX\x04\0\0\0load\x86R.", "'__builtin__.getattr'")]
    [InlineData("(i", "0x69")]      // INST, protocol 0
    [InlineData("}}s.", "malformed")]
    [InlineData("0.", "malformed")]
    [InlineData("(0.", "malformed")]
    [InlineData("h\x05.", "malformed")]
    [InlineData("X\xff\xff\xff\x7f", "malformed")]
    [InlineData("K\x01Q.", "malformed")]
    [InlineData("}(K\x01", "the end of the file")]
    public void A_hostile_pickle_runs_nothing_and_says_what_it_wanted(string pickle, string expected)
    {
        string path = Zip(("archive/data.pkl", [0x80, 2, .. Encoding.Latin1.GetBytes(pickle)]));
        var refused = Assert.Throws<EngineException>(() => TorchFile.Read(path));
        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
        Assert.Contains(path, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_cut_and_any_flipped_byte_is_an_error_or_weights_and_never_anything_else()
    {
        foreach (string file in (string[])["nested.pth", "legacy.pth"])
        {
            byte[] good = File.ReadAllBytes(TestData(file));
            string path = Path.Combine(_folder.FullName, file);
            for (int i = 0; i < good.Length; i += 3)
            {
                Try(good[..i]);
                byte[] flipped = [.. good];
                flipped[i] ^= (byte)(1 + i % 255);
                Try(flipped);
            }

            void Try(byte[] bytes)
            {
                File.WriteAllBytes(path, bytes);
                try
                {
                    TorchFile.Read(path);
                }
                catch (EngineException)
                {
                    // the one way in which it may fail
                }
            }
        }
    }

    [Fact]
    public void What_is_exported_is_read_back_bit_for_bit()
    {
        using var model = Some.Model(Some.Description("resnet18", classes: 3));
        var weights = StateDict.Read(model);
        string pth = Path.Combine(_folder.FullName, "weights.pth"), safetensors = Path.Combine(_folder.FullName, "weights.safetensors");
        ModelExport.ToPth(weights, pth);
        ModelExport.ToSafetensors(Some.Description("resnet18", classes: 3), weights, safetensors);
        Assert.Equal(StateDictDigest.Of(weights), StateDictDigest.Of(TorchFile.Read(pth)));
        Assert.Equal(StateDictDigest.Of(weights), StateDictDigest.Of(PretrainedWeights.ReadFile(safetensors)));
        Assert.Equal("resnet18", Safetensors.Read(safetensors).Metadata["architecture"]);
        Assert.Equal(2, _folder.GetFiles().Length);

        byte[] first = File.ReadAllBytes(pth);
        ModelExport.ToPth(weights, pth);
        Assert.Equal(first, File.ReadAllBytes(pth));
    }

    [Fact]
    public void An_export_that_fails_leaves_nothing()
    {
        string path = Path.Combine(_folder.FullName, "weights.pth");
        Assert.ThrowsAny<Exception>(() => ModelExport.ToPth([new("x", (TensorType)99, [1], new byte[4])], path));
        Assert.Empty(_folder.GetFiles());
    }

    private string Zip(params (string Name, byte[] Bytes)[] entries)
    {
        string path = Path.Combine(_folder.FullName, "hostile.pth");
        using var zip = new ZipArchive(File.Create(path), ZipArchiveMode.Create);
        foreach (var (name, bytes) in entries)
        {
            using var stream = zip.CreateEntry(name, CompressionLevel.NoCompression).Open();
            stream.Write(bytes);
        }

        return path;
    }

    private static string TestData(string name) => Path.Combine(AppContext.BaseDirectory, "TestData", name);

    private static T[] Values<T>(NamedTensor tensor) where T : unmanaged => MemoryMarshal.Cast<byte, T>(tensor.Data.Span).ToArray();
}
