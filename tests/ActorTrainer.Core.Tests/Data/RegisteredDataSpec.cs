using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments;

namespace ActorTrainer.Core.Tests.Data;

public sealed class RegisteredDataSpec
{
    [Theory]
    [InlineData("dataset:birds", "birds", "")]
    [InlineData("dataset:birds/", "birds", "")]
    [InlineData("dataset:birds.2/all/train", "birds.2", "all/train")]
    [InlineData("dataset:birds/Übung 1", "birds", "Übung 1")]
    public void A_name_and_a_folder_are_read(string location, string name, string inside) =>
        Assert.Equal(new RegisteredData(new(name), inside), RegisteredData.Parse(location));

    [Theory]
    [InlineData("dataset:")]
    [InlineData("dataset:../etc")]
    [InlineData("dataset:birds/../../etc")]
    [InlineData("dataset:birds/./a")]
    [InlineData("dataset:birds//a")]
    [InlineData("dataset:birds/a\\..\\b")]
    [InlineData("dataset:birds/a\u0001")]
    [InlineData("dataset:Birds")]
    [InlineData("dataset:/etc")]
    [InlineData("birds")]
    [InlineData("/data/dataset:birds")]
    public void What_could_lead_elsewhere_is_none(string location) => Assert.Null(RegisteredData.Parse(location));

    [Fact]
    public void An_experiment_keeps_the_name_and_a_wrong_one_is_an_error_with_its_place()
    {
        var named = Read("dataset:birds/train");
        Assert.Equal("dataset:birds/train", named.Configuration!.Settings.Data.Train);
        Assert.Equal("dataset:birds/train", ExperimentFile.Parse(named.Configuration.Text, "effective.conf").Configuration!.Settings.Data.Train);
        Assert.Equal(Read("/data/birds.zip/train").Configuration!.Hash, named.Configuration.Hash);

        var problem = Assert.Single(Read("dataset:../x").Errors);
        Assert.Equal(("experiment.data.train", 2), (problem.Path, problem.Line));
        Assert.Contains("dataset:NAME", problem.Message, StringComparison.Ordinal);
    }

    private static ExperimentReading Read(string train) =>
        ExperimentFile.Parse($"experiment {{ model.architecture = lenet5, training.phases = [{{ epochs = 1 }}]\n data.train = \"{train}\" }}", "x.conf", sources: ConfigurationSources.Isolated);
}
