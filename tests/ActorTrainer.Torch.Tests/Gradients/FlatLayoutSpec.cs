using ActorTrainer.Torch.Gradients;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Tests.Gradients;

public sealed class FlatLayoutSpec
{
    private static readonly FlatLayout Layout = FlatLayout.Create(
        [new("a", [3, 5], new(1, true)), new("b", [], new(1, false)), new("c", [2, 2, 2, 2], new(1, true))], [("m", [17]), ("v", [17])], sizeof(float));

    [Fact]
    public void Every_tensor_begins_at_a_multiple_of_64_bytes()
    {
        using var vector = new FlatVector(Layout.Elements, ScalarType.Float32, CPU);

        Assert.Equal(["a", "c", "b", "m", "v"], Layout.Parameters.Concat(Layout.Statistics).Select(slot => slot.Name));
        Assert.All(Layout.Parameters.Concat(Layout.Statistics), slot => Assert.Equal(0, slot.Offset * sizeof(float) % 64));
        unsafe
        {
            using var pin = vector.HandOut().Pin();
            Assert.Equal(0, (long)pin.Pointer % 64);
        }
    }

    [Fact]
    public void Parameters_of_one_rule_stand_together()
    {
        Assert.Equal<FlatSegment>([new(0, 32, new(1, true)), new(32, 16, new(1, false))], Layout.Segments.ToArray());
        Assert.Equal((48, 112), (Layout.ParameterElements, Layout.Elements));
    }

    [Fact]
    public void A_view_writes_into_the_vector_and_the_memory_is_the_tensors_own()
    {
        using var vector = new FlatVector(Layout.Elements, ScalarType.Float32, CPU);
        using (var view = vector.View(Layout.Parameters[1])) view.fill_(3);

        Assert.Equal(3f, BitConverter.ToSingle(vector.HandOut().Span[(16 * sizeof(float))..]));
        Assert.Equal(16 * 3, vector.Tensor.sum().item<float>());
        Assert.Same(vector, FlatVector.OwnerOf(vector.HandOut()));
        Assert.Null(FlatVector.OwnerOf(vector.HandOut()[4..]));
        Assert.Null(FlatVector.OwnerOf(vector.HandOut().ToArray()));
    }

    [Fact]
    public void Memory_of_a_vector_that_is_gone_is_refused()
    {
        var vector = new FlatVector(16, ScalarType.Float32, CPU);
        var memory = vector.HandOut();
        vector.Dispose();

        Assert.Throws<ObjectDisposedException>(() => memory.Span.Length);
    }

    [Fact]
    public void Channels_last_changes_the_places_and_not_the_values()
    {
        using var scope = NewDisposeScope();
        var layout = FlatLayout.Create([new("a", [2, 3, 1, 2], new(1, true))], [], sizeof(float), channelsLast: true);
        using var vector = new FlatVector(layout.Elements, ScalarType.Float32, CPU);
        var values = arange(12, ScalarType.Float32).view(2, 3, 1, 2);

        var view = vector.View(layout.Parameters[0]);
        view.copy_(values);

        Assert.Equal([6, 1, 6, 3], view.stride());
        Assert.True(view.allclose(values, 0, 0));
        Assert.Equal([0, 2, 4, 1, 3, 5, 6, 8, 10, 7, 9, 11], vector.Tensor.narrow(0, 0, 12).data<float>().ToArray());
    }
}
