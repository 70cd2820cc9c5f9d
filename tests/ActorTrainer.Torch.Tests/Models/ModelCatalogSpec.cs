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
        { "resnet18", 64 }, { "alexnet", 64 }, { "alexnet", 80 }, { "vgg11", 32 }, { "vgg13_bn", 48 }, { "mobilenet_v2", 64 },
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
            if (value.dim() > 1) have[key].copy_(randn(value.shape) * Math.Sqrt(2.0 * value.shape[0] / value.numel()));      // outputs of the order of 1
            value.copy_(have[key]);
        }

        var input = rand([2, 3, imageSize, imageSize]) - 0.5;
        var expected = theirs.forward(input);
        float size = expected.abs().max().item<float>(), difference = (expected - ours.forward(input)).abs().max().item<float>();
        Assert.True(size > 1e-2 && difference < 1e-4 * size, $"outputs up to {size} differ by up to {difference}");
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
            Assert.All(model.HeadPrefixes, prefix => Assert.Contains(model.Blocks[^1], block => prefix.StartsWith(block, StringComparison.Ordinal)));
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
        "alexnet" => torchvision.models.alexnet(7),
        "vgg11" => torchvision.models.vgg11(7),
        "vgg13_bn" => torchvision.models.vgg13_bn(7),
        "mobilenet_v2" => torchvision.models.mobilenet_v2(7),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "not in TorchVision"),
    };
}
