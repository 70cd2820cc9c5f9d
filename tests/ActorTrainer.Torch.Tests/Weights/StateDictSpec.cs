using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Models;
using ActorTrainer.Torch.Weights;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Tests.Weights;

public class StateDictSpec
{
    [Fact]
    public void What_is_read_loads_into_another_model_bit_for_bit_statistics_included()
    {
        using var model = Some.Model(Some.Description("resnet18"));
        model.train();
        using (NewDisposeScope()) model.forward(ones([2, 3, 32, 32]) * arange(2).view(2, 1, 1, 1));
        var read = StateDict.Read(model);
        using var other = Some.Model(Some.Description("resnet18"), seed: 9);
        StateDict.Load(other, read);
        Assert.Equal(StateDictDigest.Of(read), StateDictDigest.Of(StateDict.Read(other)));
    }

    [Fact]
    public void Copies_are_row_major_whatever_the_strides()
    {
        using var model = Some.Model(Some.Description());
        var before = StateDict.Read(model);
        using (NewDisposeScope())
        using (no_grad())
        {
            foreach (var parameter in model.parameters().Where(parameter => parameter.dim() == 4))
            {
                long[] shape = parameter.shape;
                var channelsLast = empty([shape[0], shape[2], shape[3], shape[1]]).permute(0, 3, 1, 2);
                channelsLast.copy_(parameter);
                parameter.set_(channelsLast);
                Assert.False(parameter.is_contiguous());
            }
        }

        Assert.Equal(StateDictDigest.Of(before), StateDictDigest.Of(StateDict.Read(model)));
    }

    [Fact]
    public void Loading_keeps_views_into_other_memory()
    {
        using var scope = NewDisposeScope();
        using var model = Some.Model(Some.Description());
        using var still = no_grad();
        var bias = model.named_parameters().Single(parameter => parameter.name == "fc3.bias").parameter;
        var flat = zeros(64);
        bias.set_(flat.narrow(0, 16, 10).view(10));
        using var source = Some.Model(Some.Description(), seed: 3);
        StateDict.Load(model, StateDict.Read(source));
        Assert.Equal(source.named_parameters().Single(parameter => parameter.name == "fc3.bias").parameter.data<float>().ToArray(), flat.data<float>().ToArray()[16..26]);
    }

    [Fact]
    public void Everything_that_does_not_fit_is_said_at_once_and_nothing_is_changed()
    {
        using var model = Some.Model(Some.Description());
        var before = StateDict.Read(model);
        using var other = Some.Model(Some.Description(classes: 3), seed: 2);
        var weights = StateDict.Read(other).Where(tensor => tensor.Name != "conv1.bias").Append(new NamedTensor("conv9.bias", TensorType.Float32, [1], new byte[4])).ToArray();
        var refused = Assert.Throws<EngineException>(() => StateDict.Load(model, weights));
        foreach (string part in (string[])["missing: conv1.bias", "unexpected: conv9.bias", "fc3.weight ([3, 84] instead of [10, 84])"])
            Assert.Contains(part, refused.Message, StringComparison.Ordinal);
        Assert.Equal(StateDictDigest.Of(before), StateDictDigest.Of(StateDict.Read(model)));
    }

    [Fact]
    public void A_head_for_other_classes_can_be_left_out()
    {
        using var model = Some.Model(Some.Description());
        using var other = Some.Model(Some.Description(classes: 3), seed: 2);
        StateDict.Load(model, StateDict.Read(other), skipHead: true);
        var loaded = StateDict.Read(model).ToDictionary(tensor => tensor.Name, tensor => tensor.Data.ToArray());
        Assert.All(StateDict.Read(other), tensor => Assert.Equal(!model.IsHead(tensor.Name), loaded[tensor.Name].AsSpan().SequenceEqual(tensor.Data.Span)));
    }

    [Fact]
    public void Weights_from_before_batches_were_counted_load()
    {
        using var model = ModelCatalog.Build(Some.Description("resnet18"), Some.Context());
        using var other = Some.Model(Some.Description("resnet18"));
        StateDict.Load(model, [.. StateDict.Read(other).Where(tensor => !tensor.Name.EndsWith("num_batches_tracked", StringComparison.Ordinal))]);
    }
}
