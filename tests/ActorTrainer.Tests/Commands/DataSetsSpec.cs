using System.Text.Json.Nodes;
using ActorTrainer.Client;
using ActorTrainer.Terminal;
using ActorTrainer.Tests.Api;
using SkiaSharp;

namespace ActorTrainer.Tests.Commands;

public sealed class DataSetsSpec : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public DataSetsSpec()
    {
        Pictures.Write(_folder["Birds/train/crow"], 2, SKColors.Black);
        Pictures.Write(_folder["Birds/train/wren"], 1, SKColors.White);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_folder_and_a_zip_are_uploaded_listed_shown_and_removed()
    {
        await using var gateway = await TestGateway.StartAsync();
        Assert.Contains("upload PATH", (await Invoke("data-sets")).Error, StringComparison.Ordinal);
        var sent = await Invoke("data-sets", "upload", _folder["Birds"], "--json");
        Assert.True(sent.ExitCode == 0, sent.Error);
        Assert.Equal(("birds", 3), ((string)JsonNode.Parse(sent.Output)!["name"]!, (int)JsonNode.Parse(sent.Output)!["pictures"]!));
        Assert.Equal("", sent.Error);       // no bar where nobody watches

        File.WriteAllBytes(_folder["more.zip"], DataSetRoutesSpec.Zip("a/1.png", "b/1.png"));
        Assert.Contains("dataset:other", (await Invoke("data-sets", "upload", _folder["more.zip"], "--name", "other")).Output, StringComparison.Ordinal);
        string list = (await Invoke("data-sets")).Output;
        Assert.Contains("dataset:birds/train", list, StringComparison.Ordinal);
        Assert.Equal(["birds", "other"], (await Invoke("data-sets", "--json")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => (string)JsonNode.Parse(line)!["name"]!));
        Assert.Contains("crow", (await Invoke("data-sets", "show", "birds")).Output, StringComparison.Ordinal);

        Assert.Equal(2, (await Invoke("data-sets", "remove", "birds")).ExitCode);
        Assert.Equal(0, (await Invoke("data-sets", "remove", "birds", "--yes")).ExitCode);
        Assert.Contains("no data set 'birds'", (await Invoke("data-sets", "show", "birds")).Error, StringComparison.Ordinal);

        Task<Invocation> Invoke(params string[] args) => Invocation.Of([.. args, "--server", gateway.Url]);
    }

    [Fact]
    public async Task What_is_refused_is_said_in_the_words_of_the_service_with_exit_code_2()
    {
        await using var gateway = await TestGateway.StartAsync();
        await Invoke(_folder["Birds"]);
        await Refused("a data set 'birds' already", _folder["Birds"]);
        File.WriteAllText(_folder["words.zip"], "words");
        await Refused("not a readable zip", _folder["words.zip"]);
        File.WriteAllBytes(_folder["Birds/train/crow/large.png"], new byte[TestGateway.MaxUpload]);
        await Refused("too large", _folder["Birds"], "--name", "large");
        await Refused("is not there", _folder["nowhere"]);
        Directory.CreateDirectory(_folder["My Photos"]);
        await Refused("--name", _folder["My Photos"]);
        Assert.Contains("--server", (await Invocation.Of("data-sets")).Error, StringComparison.Ordinal);

        async Task Refused(string words, params string[] args)
        {
            var result = await Invoke(args);
            Assert.Equal((2, ""), (result.ExitCode, result.Output));
            Assert.Contains(words, result.Error, StringComparison.Ordinal);
        }

        Task<Invocation> Invoke(params string[] args) => Invocation.Of(["data-sets", "upload", .. args, "--server", gateway.Url]);
    }

    [Theory]
    [InlineData(0, 1000L, "[------------------------------]   0 %  0 B of 1.0 kB, 0 B/s")]
    [InlineData(500, 1000L, "[###############---------------]  50 %  500 B of 1.0 kB, 250 B/s")]
    [InlineData(1000, 1000L, "1.0 kB sent; the service looks at the pictures")]
    [InlineData(500, null, "500 B sent, 250 B/s")]
    public void The_bar_fills_as_bytes_are_sent(long sent, long? total, string expected) => Assert.Equal(expected, UploadLine.Text(new UploadProgress(sent, total), TimeSpan.FromSeconds(2)));
}
