using System.IO.Compression;
using ActorTrainer.EndToEnd.Tests.Processes;

namespace ActorTrainer.EndToEnd.Tests.BadInput;

/// <summary>Whatever is wrong with the data: one message that names it before training starts, and nothing on disk.</summary>
[Collection(ProcessTests.Name)]
public sealed class BadDataSpec : IDisposable
{
    private readonly Workshop _workshop = new();

    public BadDataSpec()
    {
        Pictures.Folder(_workshop, "pictures/train", "cat", "dog");
        Describe("test = null");
    }

    public void Dispose() => _workshop.Dispose();

    [Fact]
    public async Task A_folder_that_is_not_there()
    {
        Directory.Delete(Path.Combine(_workshop.Folder, "pictures/train"), recursive: true);
        await Refused("pictures/train");
    }

    [Fact]
    public async Task A_folder_with_nothing_in_it()
    {
        Directory.Delete(Path.Combine(_workshop.Folder, "pictures/train"), recursive: true);
        Directory.CreateDirectory(Path.Combine(_workshop.Folder, "pictures/train"));
        await Refused("pictures/train");
    }

    [Fact]
    public async Task Only_one_class()
    {
        Directory.Delete(Path.Combine(_workshop.Folder, "pictures/train/dog"), recursive: true);
        await Refused("only one class (cat)");
    }

    [Fact]
    public async Task A_class_of_the_test_set_that_training_does_not_know()
    {
        Pictures.Folder(_workshop, "pictures/test", "cat", "cow", "dog");
        Describe("test = pictures/test");
        await Refused("pictures/test", "cow");
    }

    [Fact]
    public async Task A_class_that_the_test_set_lacks_is_a_warning()
    {
        Pictures.Folder(_workshop, "pictures/test", "dog");
        Describe("test = pictures/test");
        var ended = (await _workshop.Train()).Completes();
        Assert.Contains("has no sample of cat", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_picture_without_a_byte() => await UnreadablePicture([]);

    [Fact]
    public async Task A_picture_that_was_cut_off() => await UnreadablePicture(Pictures.Png(64, 64, level: 7)[..^30]);

    [Fact]
    public async Task A_picture_that_would_not_fit_into_memory() => await UnreadablePicture(Pictures.Png(20_000, 20_000, rows: [0x78, 0x9C, 3, 0, 0, 0, 0, 1]));

    [Theory]
    [InlineData("../outside/evil.png")]
    [InlineData("/tmp/evil.png")]
    [InlineData("train/cat/../../../evil.png")]
    public async Task An_archive_with_a_path_out_of_it(string entry)
    {
        using (var zip = ZipFile.Open(Path.Combine(_workshop.Folder, "pictures.zip"), ZipArchiveMode.Create))
        {
            foreach (string name in new[] { "train/cat/1.png", "train/dog/1.png", entry })
            {
                using var stream = zip.CreateEntry(name).Open();
                stream.Write(Pictures.Png(8, 8, level: 9));
            }
        }

        Describe("train = pictures.zip/train");
        await Refused("pictures.zip", entry);
    }

    [Fact]
    public async Task An_archive_that_was_cut_off()
    {
        byte[] whole = File.ReadAllBytes(Workshop.Digits);
        _workshop.Write("pictures.zip", whole[..(whole.Length / 2)]);
        Describe("train = pictures.zip/train");
        await Refused("pictures.zip");
    }

    /// <summary>Refused by default, naming it; with skip it is left out and named.</summary>
    private async Task UnreadablePicture(byte[] bytes)
    {
        _workshop.Write("pictures/train/cat/bad.png", bytes);
        await Refused("cat/bad.png", "on-corrupt-file");

        var ended = (await _workshop.Train("--set", "experiment.data.on-corrupt-file=skip")).Completes();

        Assert.Contains("cat/bad.png", ended.Error, StringComparison.Ordinal);
        _workshop.Run.HasNoLeftovers();
    }

    private void Describe(string data) => _workshop.Write("tiny.conf",
        $$"""
        experiment {
          data { train = pictures/train, channels = 1, image-size = 32, loader-threads = 1, {{data}} }
          model.architecture = lenet5
          training { global-batch-size = 4, phases = [ { epochs = 1 } ] }
          resources.threads = 1
        }
        """);

    private async Task Refused(params string[] words)
    {
        (await _workshop.Train()).Refuses(2, words);
        Assert.False(Directory.Exists(_workshop.Runs));
    }
}
