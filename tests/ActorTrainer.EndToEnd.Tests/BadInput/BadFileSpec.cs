using ActorTrainer.EndToEnd.Tests.Processes;

namespace ActorTrainer.EndToEnd.Tests.BadInput;

/// <summary>Whatever is wrong with the experiment file: one message that says where, exit code 2, and nothing on disk.</summary>
[Collection(ProcessTests.Name)]
public class BadFileSpec
{
    [Fact]
    public async Task A_file_that_is_not_there_is_named()
    {
        using var workshop = new Workshop();
        File.Delete(Path.Combine(workshop.Folder, "tiny.conf"));
        await Refused(workshop, "tiny.conf", "no such file");
    }

    [Theory]
    [InlineData("classes = [\"0\", \"1\", \"2\", \"3\"]", "classes = [\"0\", \"1\"", "tiny.conf:")]
    [InlineData("resources.threads = 1", "resources { threads = 1", "tiny.conf:")]
    [InlineData("seed = 1", "seed = many", "experiment.seed")]
    [InlineData("channels = 1", "channels = [1]", "experiment.data.channels")]
    [InlineData("phases = [ { epochs = 4 } ]", "phases = 4", "experiment.training.phases")]
    [InlineData("global-batch-size = 32", "global-batch-sice = 32", "global-batch-size")]
    [InlineData("model.architecture = lenet5", "model.architecture = lenet6", "lenet5")]
    [InlineData("logical-shards = 4", "logical-shards = 3", "experiment.training.logical-shards")]
    [InlineData("name = tiny", "name = \"../tiny\"", "experiment.name")]
    [InlineData("resources.threads = 1", "include required(file(\"missing.conf\"))", "missing.conf")]
    public async Task A_mistake_in_it_is_named(string right, string wrong, string named)
    {
        using var workshop = new Workshop();
        string text = Workshop.TinyExperiment(Workshop.Digits);
        Assert.Contains(right, text, StringComparison.Ordinal);
        workshop.Write("tiny.conf", text.Replace(right, wrong, StringComparison.Ordinal));
        await Refused(workshop, named);
    }

    [Fact]
    public async Task All_mistakes_are_named_at_once()
    {
        using var workshop = new Workshop();
        workshop.Write("tiny.conf", Workshop.TinyExperiment(Workshop.Digits).Replace("seed = 1", "seed = -1", StringComparison.Ordinal)
            .Replace("momentum = 0.9", "momentum = 2", StringComparison.Ordinal).Replace("ledger = true", "legder = true", StringComparison.Ordinal));
        await Refused(workshop, "experiment.seed", "momentum", "ledger");
    }

    private static async Task Refused(Workshop workshop, params string[] words)
    {
        (await workshop.Train()).Refuses(2, words);
        Assert.False(Directory.Exists(workshop.Runs));
    }
}
