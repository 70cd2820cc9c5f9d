using System.Collections.Immutable;
using ActorTrainer.Core.Data;

namespace ActorTrainer.Data.Tests;

public class ShippedDataSpec
{
    private static readonly DataReader Reader = new();

    [Theory]
    [InlineData("digits.zip/train", 10, 1198)]
    [InlineData("digits.zip/test", 10, 599)]
    [InlineData("clipart.zip/train", 12, 452)]
    [InlineData("clipart.zip/test", 12, 223)]
    public void The_shipped_data_sets_open_without_a_problem(string location, int classes, int samples)
    {
        using var data = Reader.Open(Path.Combine(Repository.Data, location), null, null, default);
        Assert.Equal(classes, data.Manifest.Classes.Length);
        Assert.Equal(samples, data.Manifest.Samples.Length);
        Assert.Empty(data.Problems);
        DataChecks.RequireTrainable(data, CorruptFilePolicy.Fail);
    }

    [Fact]
    public async Task The_loose_digits_are_test_digits_of_the_same_name()
    {
        using var data = Reader.Open(Path.Combine(Repository.Data, "digits.zip/test"), null, null, default);
        var known = data.Manifest.Samples.ToLookup(sample => sample.Sha256, sample => data.Manifest.Classes[sample.Class]);
        for (int digit = 0; digit < 10; digit++)
        {
            byte[] bytes = await File.ReadAllBytesAsync(Path.Combine(Repository.Data, "digits", $"{digit}.png"));
            Assert.Equal([$"{digit}"], known[Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes))]);
        }
    }

    [Fact]
    public async Task A_batch_of_digits_has_their_pixels_and_labels()
    {
        using var data = Reader.Open(Path.Combine(Repository.Data, "digits.zip/train"), null, null, default);
        using var source = Reader.OpenBatches(data, new([], 1, 8, Rgb.White, CorruptFilePolicy.Fail, [], 1, 2));
        int zero = data.Manifest.Samples.Select(sample => sample.Path).ToImmutableArray().IndexOf("0/0000.png");
        using var batch = await source.LoadAsync(new(1, 0, [zero, 1197]), default);
        // The first row of the source's first digit, levels 0 0 5 13 9 1 0 0 of 16.
        Assert.Equal([0, 0, 80, 207, 143, 16, 0, 0], batch.Pixels.Span[..8].ToArray());
        Assert.Equal([0, 9], batch.Labels);
        Assert.Equal([1f, 1f], batch.Weights);
    }
}
