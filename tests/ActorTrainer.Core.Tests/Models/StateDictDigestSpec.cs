using System.Collections.Immutable;
using ActorTrainer.Core.Models;

namespace ActorTrainer.Core.Tests.Models;

public sealed class StateDictDigestSpec
{
    /// <summary>From TestData/digest.py.</summary>
    private const string Known = "7430a9dd5d8b7e67f962a49b16ef4f097d1c57c18ff9d4ba8f19edd6b53a9ea8";

    [Fact]
    public void The_digest_is_what_the_specification_says() => Assert.Equal(Known, StateDictDigest.Of(Tensors.Every));

    [Fact]
    public void The_order_of_the_entries_does_not_matter() => Assert.Equal(Known, StateDictDigest.Of(Tensors.Every.Reverse()));

    [Fact]
    public void Name_dtype_shape_and_every_byte_matter()
    {
        var tensors = Tensors.Every;
        var weight = tensors[0];
        byte[] flipped = weight.Data.ToArray();
        flipped[^1] ^= 1;
        NamedTensor[] changes =
        [
            weight with { Name = "fc.weights" }, weight with { Shape = [3, 2] }, weight with { Shape = [6] }, weight with { Data = flipped },
            weight with { Type = TensorType.Int64, Shape = [3] },
        ];
        ImmutableArray<string> digests = [Known, .. changes.Select(change => StateDictDigest.Of(tensors.SetItem(0, change)))];

        Assert.Equal(digests.Length, digests.Distinct().Count());
    }
}
