using ActorTrainer.Core.Data;

namespace ActorTrainer.Core.Tests.Data;

public sealed class DataManifestSpec
{
    private static readonly SampleEntry Crow = new("crow/1.png", 0, 10, new string('1', 64)), Tit = new("tit/1.png", 1, 20, new string('2', 64));

    [Fact]
    public void Equal_data_have_equal_hashes() => Assert.Equal(new DataManifest(["crow", "tit"], [Crow, Tit]).Hash, new DataManifest(["crow", "tit"], [Crow with { }, Tit]).Hash);

    [Fact]
    public void Anything_else_has_another()
    {
        DataManifest[] others =
        [
            new(["crow", "tit"], [Crow, Tit]), new(["crow", "tit", "jay"], [Crow, Tit]), new(["crow", "tits"], [Crow, Tit]), new(["crow", "tit"], [Crow]),
            new(["crow", "tit"], [Crow with { Path = "crow/2.png" }, Tit]), new(["crow", "tit"], [Crow with { Size = 11 }, Tit]),
            new(["crow", "tit"], [Crow with { Sha256 = new string('3', 64) }, Tit]), new(["crow", "tit"], [Crow with { Class = 1 }, Tit]),
        ];

        Assert.Equal(others.Length, others.Select(manifest => manifest.Hash).Distinct().Count());
    }
}
