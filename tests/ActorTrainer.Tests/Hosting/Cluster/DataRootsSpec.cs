using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Hosting.Cluster;

namespace ActorTrainer.Tests.Hosting.Cluster;

public sealed class DataRootsSpec : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public DataRootsSpec()
    {
        Directory.CreateDirectory($"{_folder.Path}/data/birds");
        Directory.CreateDirectory($"{_folder.Path}/data-private/birds");
        Directory.CreateSymbolicLink($"{_folder.Path}/link-in", $"{_folder.Path}/data");
        Directory.CreateSymbolicLink($"{_folder.Path}/data/way-out", "../data-private");
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("data/birds")]
    [InlineData("data/birds.zip/train")]
    [InlineData("data")]
    [InlineData("link-in/birds")]
    [InlineData("data-private/../data/birds")]
    public void What_lies_below_a_root_is_taken(string path) => Roots($"{_folder.Path}/data").Check(Settings(path));

    [Theory]
    [InlineData("data-private/birds")]
    [InlineData("data/way-out/birds")]
    [InlineData("data/../data-private/birds")]
    [InlineData("/etc")]
    public void What_lies_elsewhere_or_is_only_linked_to_is_not(string path) => Assert.Contains("node.data-roots", Assert.Throws<DataException>(() => Roots($"{_folder.Path}/data").Check(Settings(path))).Message, StringComparison.Ordinal);

    [Fact]
    public void A_root_may_itself_be_a_link() => Roots($"{_folder.Path}/link-in").Check(Settings("data/birds"));

    [Fact]
    public void Weights_are_looked_at_too() => Assert.Throws<DataException>(() => Roots($"{_folder.Path}/data").Check(Settings("data/birds", "experiment.model.pretrained=/etc/weights.onnx")));

    [Fact]
    public void What_was_uploaded_is_taken_by_its_name_whatever_the_roots() => Roots().Check(Settings("dataset:birds/train"));

    [Fact]
    public void Without_roots_all_is_taken_and_with_none_nothing()
    {
        new DataRoots(null).Check(Settings("/etc"));
        Assert.Throws<DataException>(() => Roots().Check(Settings("data/birds")));
    }

    private static DataRoots Roots(params string[] roots) => new([.. roots]);

    private ExperimentSettings Settings(string train, params string[] overrides) => ExperimentFile.Parse(
        $"experiment {{ data.train = \"{train}\", model.architecture = lenet5, training.phases = [{{ epochs = 1 }}] }}", $"{_folder.Path}/x.conf", overrides).Configuration!.Settings;
}
