using ActorTrainer.Core.Gradients;

namespace ActorTrainer.Core.Tests.Gradients;

public sealed class VectorPartSpec
{
    [Fact]
    public void A_part_and_its_rest_are_the_whole()
    {
        var part = new VectorPart([(64, 32), (128, 100)]);
        Assert.Equal((132, 228), (part.Bytes, part.End));
        Assert.Equal([(0, 64), (96, 32), (228, 28)], part.Rest(256).Ranges.ToArray());
        Assert.Equal([(0, 64), (96, 32)], part.Rest(228).Ranges.ToArray());
        Assert.Empty(VectorPart.All(228).Rest(228).Ranges.ToArray());
        Assert.Equal([(0, 228)], new VectorPart([]).Rest(228).Ranges.ToArray());
        Assert.Equal(0, VectorPart.All(0).Bytes);
    }

    [Fact]
    public void What_is_not_in_order_or_reaches_too_far_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new VectorPart([(64, 32), (32, 16)]));
        Assert.Throws<ArgumentException>(() => new VectorPart([(0, 0)]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new VectorPart([(0, 64)]).Rest(63));
    }
}
