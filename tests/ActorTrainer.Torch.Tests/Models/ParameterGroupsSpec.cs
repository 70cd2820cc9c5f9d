using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Models;

namespace ActorTrainer.Torch.Tests.Models;

public class ParameterGroupsSpec
{
    [Theory]
    [InlineData("all", 62)]
    [InlineData("head", 2)]
    [InlineData("backbone", 60)]
    [InlineData("layer4.*", 15)]
    [InlineData("layer4", 15)]
    [InlineData("layer4.0.conv1.weight", 1)]
    [InlineData("*.bn?.weight", 0)]
    [InlineData("*.bn*.weight", 16)]
    [InlineData("*bias", 21)]
    [InlineData("layer", 0)]
    [InlineData("*a*a*a*a*a*a*a*a*a*b", 0)]
    public void A_pattern_names_parameters(string pattern, int count)
    {
        using var model = ModelCatalog.Build(Some.Description("resnet18"), Some.Context());
        Assert.Equal(count, ParameterGroups.Match(pattern, model).Length);
    }

    [Fact]
    public void A_pattern_that_names_nothing_is_refused_with_what_there_is()
    {
        using var model = ModelCatalog.Build(Some.Description("resnet18"), Some.Context());
        var refused = Assert.Throws<EngineException>(() => ParameterGroups.Require("layer5.*", model, "experiment.training.phases.0.trainable"));
        Assert.Contains("phases.0.trainable: 'layer5.*'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("layer4", refused.Message, StringComparison.Ordinal);
    }
}
