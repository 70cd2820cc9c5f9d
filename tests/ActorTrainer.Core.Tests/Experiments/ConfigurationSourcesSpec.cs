using ActorTrainer.Core.Experiments;

namespace ActorTrainer.Core.Tests.Experiments;

public sealed class ConfigurationSourcesSpec : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("configuration").FullName;

    [Fact]
    public void A_file_is_read_by_its_path_with_what_it_includes()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "shared"));
        Write("shared/data.conf", "experiment.data.train = pictures/train");
        string file = Write("my-run.conf", "\uFEFFinclude \"shared/data.conf\"\nexperiment { model.architecture = resnet18, training.phases = [ { epochs = 1 } ] }");
        var reading = ExperimentFile.Read(file);
        Assert.Empty(reading.Errors);
        Assert.Equal("my-run", reading.Configuration!.Settings.Name.Value);
        Assert.Equal(Path.Combine(_folder, "shared", "pictures", "train"), reading.Configuration.Settings.Data.Train);
    }

    [Fact]
    public void A_folder_binary_rubbish_and_a_huge_file_are_refused_in_one_sentence()
    {
        Assert.EndsWith("the file can't be read: it is a folder, not a file", Assert.Single(ExperimentFile.Read(_folder).Errors).ToString(), StringComparison.Ordinal);
        string binary = Path.Combine(_folder, "binary.conf");
        File.WriteAllBytes(binary, [0x61, 0xFF, 0xFE, 0x00]);
        Assert.EndsWith("it is not UTF-8 text", Assert.Single(ExperimentFile.Read(binary).Errors).ToString(), StringComparison.Ordinal);
        string huge = Write("huge.conf", new string(' ', (1 << 20) + 1));
        Assert.EndsWith("it has 1048577 bytes; at most 1048576 are read", Assert.Single(ExperimentFile.Read(huge).Errors).ToString(), StringComparison.Ordinal);
        Assert.EndsWith("there is no such file", Assert.Single(ExperimentFile.Read("").Errors).ToString(), StringComparison.Ordinal);
        Assert.EndsWith("there is no such file", Assert.Single(ExperimentFile.Read("a\0b").Errors).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_file_lacks_what_is_required() =>
        Assert.Equal("experiment: required: expected experiment { ... }", Assert.Single(ExperimentFile.Read(Write("empty.conf", "")).Errors).ToString()[^49..]);

    [SkippableFact]
    public void An_endless_device_is_not_read()
    {
        Skip.IfNot(File.Exists("/dev/zero"), "no /dev/zero here");
        Assert.NotEmpty(ExperimentFile.Read(Write("zero.conf", "include \"/dev/zero\"")).Errors);
        string link = Path.Combine(_folder, "link.conf");
        File.CreateSymbolicLink(link, "/dev/zero");
        Assert.NotEmpty(ExperimentFile.Read(link).Errors);
    }

    [Fact]
    public void A_variable_is_taken_from_the_environment_of_the_process()
    {
        string file = Write("run.conf", "experiment { data.train = a, model.architecture = x, training.phases = [ { epochs = 1 } ], seed = ${?PATH} }");
        Assert.Contains("experiment.seed: expected an integer", Assert.Single(ExperimentFile.Read(file).Errors).ToString(), StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
