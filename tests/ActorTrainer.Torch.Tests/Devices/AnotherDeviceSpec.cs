using System.Reflection;
using ActorTrainer.Torch.Models;
using ActorTrainer.Torch.Models.Layers;
using ActorTrainer.Torch.Onnx;
using TorchSharp;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Tests.Devices;

/// <summary>On libtorch's meta device, which is there everywhere, and refuses what mixes devices as a GPU does. It computes shapes and no values, and no convolutions.</summary>
public sealed class AnotherDeviceSpec
{
    [Fact]
    public void What_a_model_computes_with_moves_with_it()
    {
        const string builtin = "builtin:resnet18-imagenet";
        var graph = Some.Description(OnnxFile.Open(builtin).Architecture, imageSize: 224) with { GraphLocation = builtin, Normalize = new([], [], BuiltIn: true) };
        string[] kinds = ["lenet5", "alexnet", "vgg11_bn", "resnet18", "mobilenet_v2", "mobilenet_v3_small", "vit_tiny"];
        foreach (var description in kinds.Select(name => Some.Description(name, imageSize: 64)).Append(graph))
        {
            using var scope = NewDisposeScope();
            using var model = ModelFactory.Build(description, Some.Context());
            model.to(META, ScalarType.Float32);
            foreach (var (name, module) in model.named_modules().Append(("", model)))
                Assert.All(Tensors(module), tensor => Assert.Equal((description.Architecture, name, DeviceType.META), (description.Architecture, name, tensor.device_type)));
        }
    }

    [Fact]
    public void Dropouts_mask_and_the_averages_of_an_uneven_grid_follow_their_input()
    {
        using var scope = NewDisposeScope();
        var dropped = new CounterDropout(0.5, Some.Context()).call(empty([2, 10], ScalarType.BFloat16, META));
        Assert.Equal((DeviceType.META, ScalarType.BFloat16), (dropped.device_type, dropped.dtype));
        foreach (int size in (int[])[6, 7, 12]) Assert.Equal(DeviceType.META, new AdaptiveAveragePool(6).call(empty([2, 3, size, size], device: META)).device_type);
    }

    /// <summary>What state dicts have, and what forward passes read.</summary>
    private static IEnumerable<Tensor> Tensors(nn.Module module) =>
    [
        .. module.named_parameters(false).Select(entry => entry.parameter), .. module.named_buffers(false).Select(entry => entry.buffer),
        .. module.GetType().GetFields(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public).Select(field => field.GetValue(module)).OfType<Tensor>(),
    ];
}
