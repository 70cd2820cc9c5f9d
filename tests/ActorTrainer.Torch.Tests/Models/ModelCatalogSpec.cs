using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Tests.Models;

public class ModelCatalogSpec
{
    /// <summary>Name, image size, and the model of the TorchVision package that ours must be equal to.</summary>
    public static TheoryData<string, int> InTorchVision => new()
    {
        { "resnet18", 64 }, { "resnet50", 64 }, { "resnext50_32x4d", 64 }, { "wide_resnet50_2", 64 },
    };

    [Theory]
    [MemberData(nameof(InTorchVision))]
    public void An_architecture_has_the_names_shapes_and_outputs_of_TorchVisions(string name, int imageSize)
    {
        using var scope = NewDisposeScope();
        using var still = no_grad();
        var theirs = TorchVision(name);
        theirs.eval();
        using var ours = Some.Model(Some.Description(name, classes: 7, imageSize: imageSize));

        var wanted = theirs.state_dict();
        var have = ours.state_dict();
        Assert.Equal(wanted.Keys.Order(StringComparer.Ordinal), have.Keys.Order(StringComparer.Ordinal));
        foreach (var (key, value) in wanted)
        {
            Assert.Equal(value.shape, have[key].shape);
            value.copy_(have[key]);
        }

        var input = rand([2, 3, imageSize, imageSize]) - 0.5;
        var expected = theirs.forward(input);
        Assert.True(allclose(expected, ours.forward(input), rtol: 1e-5, atol: 1e-6));
        Assert.True(expected.abs().max().item<float>() > 1e-3);
    }

    [Fact]
    public void Every_parameter_is_in_one_block_and_says_how_it_begins()
    {
        foreach (var architecture in ModelCatalog.Architectures.Where(architecture => !architecture.Name.Contains("152", StringComparison.Ordinal)))
        {
            using var model = ModelCatalog.Build(Some.Description(architecture.Name, imageSize: 64), Some.Context());
            foreach (var (name, _) in model.named_parameters())
            {
                Assert.Equal(1, model.Blocks.Count(block => block.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal))));
                Assert.NotNull(model.InitialValue(name));
            }

            Assert.Equal(2, model.named_parameters().Count(parameter => model.IsHead(parameter.name)));
            Assert.All(model.Blocks[^1], prefix => Assert.Contains(prefix, model.HeadPrefixes));
        }
    }

    [Fact]
    public void An_unknown_architecture_is_refused_with_the_nearest_name()
    {
        var refused = Assert.Throws<EngineException>(() => ModelCatalog.Build(Some.Description("resnet-18"), Some.Context()));
        Assert.Contains("'resnet18'", refused.Message, StringComparison.Ordinal);
    }

    private static nn.Module<Tensor, Tensor> TorchVision(string name) => name switch
    {
        "resnet18" => torchvision.models.resnet18(7),
        "resnet50" => torchvision.models.resnet50(7),
        "resnext50_32x4d" => torchvision.models.resnext50_32x4d(7),
        "wide_resnet50_2" => torchvision.models.wide_resnet50_2(7),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "not in TorchVision"),
    };
}
