using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Models;
using ActorTrainer.Templates;
using SkiaSharp;

namespace ActorTrainer.Tests.Commands;

public sealed class NewSpec : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private async Task<ExperimentSettings> NewFile(string pictures, string file)
    {
        var result = await Invocation.Of("new", _folder[pictures], _folder[file]);
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Contains("actortrainer run", result.Output, StringComparison.Ordinal);
        var reading = ExperimentFile.Read(_folder[file]);
        Assert.True(reading.IsValid, ConfigurationProblem.ToText(reading.Errors));
        Assert.Empty(reading.Warnings);
        return reading.Configuration!.Settings;
    }

    [Fact]
    public async Task Class_folders_become_transfer_learning_in_two_phases()
    {
        Pictures.Write(_folder["My photos/cat"], 12, SKColors.Red);
        Pictures.Write(_folder["My photos/dog \"x\""], 12, SKColors.Blue);
        var settings = await NewFile("My photos", "My photos.conf");
        Assert.Equal("my-photos", settings.Name.Value);
        Assert.Equal(_folder["My photos"], settings.Data.Train);
        Assert.Equal(new ValidationSource.Share(0.2), settings.Data.Validation);
        Assert.Equal(new PretrainedSource.Builtin("resnet18-imagenet"), settings.Model.Pretrained);
        Assert.Equal<string>(["head", "fine-tune"], settings.Training.Phases.Select(phase => phase.Name));
        Assert.Equal(CorruptFilePolicy.Fail, settings.Data.OnCorruptFile);
    }

    [Fact]
    public async Task Train_validation_and_test_folders_are_found()
    {
        foreach (string part in new[] { "train", "val", "test" })
        {
            Pictures.Write(_folder[$"set/{part}/a"], 3, SKColors.Red);
            Pictures.Write(_folder[$"set/{part}/b"], 3, SKColors.Blue);
        }

        var settings = await NewFile("set", "set.conf");
        Assert.Equal(_folder["set/train"], settings.Data.Train);
        Assert.Equal(new ValidationSource.At(_folder["set/val"]), settings.Data.Validation);
        Assert.Equal(_folder["set/test"], settings.Data.Test);
    }

    [Fact]
    public async Task Pictures_that_cannot_be_read_are_named_and_left_out()
    {
        Pictures.Write(_folder["set/a"], 3, SKColors.Red);
        Pictures.Write(_folder["set/b"], 3, SKColors.Blue);
        await File.WriteAllBytesAsync(_folder["set/b/broken.jpg"], [0xFF, 0xD8, 0xFF, 0xE0, 1, 2, 3]);
        Assert.Equal(CorruptFilePolicy.Skip, (await NewFile("set", "set.conf")).Data.OnCorruptFile);
    }

    [Fact]
    public async Task A_file_that_is_there_is_never_overwritten()
    {
        Pictures.Write(_folder["set/a"], 1, SKColors.Red);
        Pictures.Write(_folder["set/b"], 1, SKColors.Blue);
        await File.WriteAllTextAsync(_folder["set.conf"], "mine");
        var result = await Invocation.Of("new", _folder["set"], _folder["set.conf"]);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("is there already", result.Error, StringComparison.Ordinal);
        Assert.Equal("mine", await File.ReadAllTextAsync(_folder["set.conf"]));
    }

    [Theory]
    [InlineData("nothing")]
    [InlineData("empty")]
    [InlineData("one")]
    public async Task A_folder_that_cannot_be_trained_on_is_one_clear_message_and_no_file(string name)
    {
        Directory.CreateDirectory(_folder["empty"]);
        Pictures.Write(_folder["one/only"], 2, SKColors.Red);
        var result = await Invocation.Of("new", _folder[name], _folder["x.conf"]);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(name, result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder["x.conf"]));
    }

    [Theory]
    [InlineData("My Photos.zip", "my-photos")]
    [InlineData("journal", "pictures")]
    [InlineData("---", "pictures")]
    [InlineData("v1.2_x", "v1.2_x")]
    [InlineData("Äpfel & Birnen", "pfel-birnen")]
    public void A_name_is_made_of_whatever_a_folder_is_called(string folder, string name) => Assert.Equal(name, TemplateData.NameFrom(folder));
}
