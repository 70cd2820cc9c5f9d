using ActorTrainer.Torch.Models;
using ActorTrainer.Torch.Weights;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Tests.Models;

/// <summary>Alone, because other tests may draw from the one generator that it watches.</summary>
[CollectionDefinition(nameof(GlobalGeneratorSpec), DisableParallelization = true)]
[Collection(nameof(GlobalGeneratorSpec))]
public class GlobalGeneratorSpec
{
    [Fact]
    public void Building_a_model_and_drawing_its_weights_leaves_libtorchs_generator_alone()
    {
        using var scope = NewDisposeScope();
        byte[] before = random.get_rng_state().bytes.ToArray();
        foreach (string name in (string[])["alexnet", "mobilenet_v3_small", "vit_tiny", "resnet18", "vgg11_bn"])
        {
            using var model = ModelCatalog.Build(Some.Description(name, imageSize: 64), Some.Context());
            if (name is not ("alexnet" or "vgg11_bn")) WeightInitializer.Draw(model, 1);
        }

        Assert.Equal(before, random.get_rng_state().bytes.ToArray());
    }
}
