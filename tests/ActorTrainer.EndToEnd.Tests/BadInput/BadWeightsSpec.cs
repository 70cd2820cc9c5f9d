using System.IO.Compression;
using System.Text;
using ActorTrainer.EndToEnd.Tests.Processes;

namespace ActorTrainer.EndToEnd.Tests.BadInput;

/// <summary>Weights from strangers, or not there at all.</summary>
[Collection(ProcessTests.Name)]
public class BadWeightsSpec
{
    /// <summary>As torch.save writes it, but its pickle calls a program: os.system in protocol 2. Loaded as code, it would leave a file.</summary>
    [Fact]
    public async Task A_pickle_that_would_run_a_program_is_refused_and_runs_nothing()
    {
        using var workshop = new Workshop();
        string trace = Path.Combine(workshop.Folder, "it-ran");
        byte[] command = Encoding.UTF8.GetBytes($"touch {trace}");
        byte[] pickle = [0x80, 2, .. "cposix\nsystem\n"u8, (byte)'X', .. BitConverter.GetBytes(command.Length), .. command, 0x85, (byte)'R', (byte)'.'];
        string weights = Path.Combine(workshop.Folder, "weights.pth");
        using (var zip = ZipFile.Open(weights, ZipArchiveMode.Create))
        {
            foreach (var (name, bytes) in new[] { ("archive/data.pkl", pickle), ("archive/version", "3\n"u8.ToArray()) })
            {
                using var stream = zip.CreateEntry(name, CompressionLevel.NoCompression).Open();
                stream.Write(bytes);
            }
        }

        await Refused(workshop, weights, "weights.pth", "posix");

        Assert.False(File.Exists(trace));
    }

    [Theory]
    [InlineData("missing.pth")]
    [InlineData("missing.safetensors")]
    [InlineData("missing.onnx")]
    [InlineData("builtin:missing")]
    [InlineData("run:missing")]
    public async Task Weights_that_are_not_there_are_named(string weights)
    {
        using var workshop = new Workshop();
        await Refused(workshop, weights, "missing");
    }

    [Theory]
    [InlineData("weights.pth")]
    [InlineData("weights.safetensors")]
    [InlineData("weights.onnx")]
    public async Task Weights_that_are_rubbish_are_named(string name)
    {
        using var workshop = new Workshop();
        workshop.Write(name, [.. Enumerable.Range(0, 1000).Select(i => (byte)(i * 37))]);
        await Refused(workshop, name, name);
    }

    private static async Task Refused(Workshop workshop, string weights, params string[] words)
    {
        (await workshop.Train("--set", $"experiment.model.pretrained=\"{weights}\"")).Refuses(2, words);
        Assert.False(Directory.Exists(workshop.Runs));
    }
}
