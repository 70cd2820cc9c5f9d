using ActorTrainer.Torch.Models;
using ActorTrainer.Torch.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Tests.Weights;

public class WeightInitializerSpec
{
    [Fact]
    public void Weights_are_a_function_of_seed_and_name()
    {
        using var model = Some.Model(Some.Description(), seed: 5);
        using var again = Some.Model(Some.Description(), seed: 5);
        using var other = Some.Model(Some.Description(), seed: 6);
        Assert.Equal(Bytes(model), Bytes(again));
        Assert.NotEqual(Bytes(model), Bytes(other));
    }

    [Fact]
    public void A_head_is_drawn_anew_by_its_salt_and_nothing_else_moves()
    {
        using var model = Some.Model(Some.Description());
        var before = StateDict.Read(model).ToDictionary(tensor => tensor.Name, tensor => tensor.Data.ToArray());
        WeightInitializer.DrawHead(model, 1, "fine-tuning");
        Assert.All(StateDict.Read(model), tensor => Assert.Equal(!model.IsHead(tensor.Name), before[tensor.Name].AsSpan().SequenceEqual(tensor.Data.Span)));
    }

    [Theory]
    [InlineData("resnet18", "layer1.0.conv1.weight", 0.0589)]      // sqrt(2 / (64 x 9))
    [InlineData("resnet18", "fc.weight", 0.0255)]                  // uniform: 1 / sqrt(512) / sqrt(3)
    [InlineData("resnet18", "bn1.weight", 0)]
    [InlineData("mobilenet_v2", "classifier.1.weight", 0.01)]
    [InlineData("vit_tiny", "conv_proj.weight", 0.0361)]           // 1 / sqrt(3 x 256)
    [InlineData("vit_tiny", "encoder.pos_embedding", 0.02)]
    [InlineData("vit_tiny", "encoder.layers.encoder_layer_3.mlp.0.weight", 0.0456)]      // sqrt(6 / 960) / sqrt(3)
    [InlineData("vit_tiny", "heads.head.weight", 0)]
    public void A_parameter_begins_with_torchvisions_distribution(string architecture, string name, double deviation)
    {
        using var scope = NewDisposeScope();
        using var model = Some.Model(Some.Description(architecture, imageSize: 64));
        var parameter = model.named_parameters().Single(parameter => parameter.name == name).parameter;
        Assert.InRange(parameter.std(unbiased: false).item<float>(), deviation * 0.95, deviation * 1.05);
        double middle = name == "bn1.weight" ? 1 : 0;
        Assert.InRange(parameter.mean().item<float>(), middle - deviation / 10 - 1e-9, middle + deviation / 10 + 1e-9);
    }

    [Fact]
    public void Precisions_begin_alike()
    {
        using var model = Some.Model(Some.Description());
        using var fp64 = ModelCatalog.Build(Some.Description(), Some.Context());
        fp64.to(ScalarType.Float64);
        WeightInitializer.Draw(fp64, 1);
        fp64.to(ScalarType.Float32);
        Assert.Equal(Bytes(model), Bytes(fp64));
    }

    private static byte[] Bytes(ImageModel model) => [.. StateDict.Read(model).SelectMany(tensor => tensor.Data.ToArray())];
}
