using System.Text;
using System.Text.Json;
using ActorTrainer.Core.Checkpoints;
using ActorTrainer.Core.Data;

namespace ActorTrainer.Core.Tests.Checkpoints;

public sealed class CheckpointManifestSpec
{
    private static readonly CheckpointManifest Manifest = new(
        CheckpointManifest.CurrentFormat,
        new(new(3), new(1200)),
        new(Phase: 1, StepInPhase: 200, new(1200), EpochsBefore: 5),
        new string('c', 64),
        new("resnet18", "builtin:resnet18-imagenet", ["cat", "dog"], Channels: 3, ImageSize: 224, Dropout: null, new([], [], BuiltIn: true),
            [new ImageTransform.Resize(256), new ImageTransform.CenterCrop(224, 224)], Rgb.White),
        [new("weights.safetensors", 44_000_000, new string('a', 64)), new("optimizer.safetensors", 44_000_000, new string('b', 64))]);

    [Fact]
    public void It_reads_back_what_it_wrote()
    {
        byte[] json = Manifest.ToJson();
        var read = CheckpointManifest.Parse(json);

        Assert.Equal((Manifest.Id, Manifest.Cursor, Manifest.ConfigurationHash), (read.Id, read.Cursor, read.ConfigurationHash));
        Assert.Equal(Manifest.Files.AsEnumerable(), read.Files);
        Assert.Equal(Manifest.Model.Evaluate.AsEnumerable(), read.Model.Evaluate);
        Assert.Equal(json, read.ToJson());
    }

    [Fact]
    public void It_is_JSON_that_others_can_read()
    {
        using var json = JsonDocument.Parse(Manifest.ToJson());
        var root = json.RootElement;

        Assert.Equal("3-1200", root.GetProperty("id").GetString());
        Assert.Equal(200, root.GetProperty("cursor").GetProperty("step_in_phase").GetInt64());
        Assert.Equal("resnet18", root.GetProperty("model").GetProperty("architecture").GetString());
        Assert.Equal(new string('b', 64), root.GetProperty("files")[1].GetProperty("sha256").GetString());
        Assert.Equal(64, root.GetProperty("checksum").GetString()!.Length);
    }

    [Fact]
    public void Any_changed_byte_shows()
    {
        byte[] json = Manifest.ToJson();
        for (int i = 0; i < json.Length; i++)
        {
            byte[] changed = [.. json];
            changed[i] ^= 4;
            Assert.Throws<FormatException>(() => CheckpointManifest.Parse(changed));
        }

        Assert.Throws<FormatException>(() => CheckpointManifest.Parse(json.AsSpan(0, json.Length - 1)));
        Assert.Throws<FormatException>(() => CheckpointManifest.Parse([.. json, (byte)' ']));
        Assert.Throws<FormatException>(() => CheckpointManifest.Parse([]));
    }

    [Fact]
    public void A_later_format_is_named() =>
        Assert.Contains("format 2", Assert.Throws<FormatException>(() => CheckpointManifest.Parse((Manifest with { Format = 2 }).ToJson())).Message);

    [Fact]
    public void Every_transform_survives_as_what_it_is()
    {
        ImageTransform[] transforms =
        [
            new ImageTransform.Resize(256), new ImageTransform.ResizeExact(10, 20), new ImageTransform.CenterCrop(3, 4), new ImageTransform.RandomCrop(5, 6, 7),
            new ImageTransform.RandomResizedCrop(224, 0.7, 1, 0.75, 4.0 / 3), new ImageTransform.HorizontalFlip(0.5), new ImageTransform.VerticalFlip(0.1),
            new ImageTransform.ColorJitter(0.1, 0.2, 0.3, 0.4), new ImageTransform.RandomRotation(15),
        ];
        var read = CheckpointManifest.Parse((Manifest with { Model = Manifest.Model with { Evaluate = [.. transforms] } }).ToJson());

        Assert.Equal(transforms, read.Model.Evaluate.AsEnumerable());
        Assert.Equal(typeof(ImageTransform).GetNestedTypes().Length, transforms.Select(t => t.GetType()).Distinct().Count());
    }

    [Fact]
    public void The_hash_is_SHA_256() =>
        Assert.Equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", CheckpointManifest.HashOf(Encoding.ASCII.GetBytes("abc")));

    [Theory]
    [InlineData("1-10.tmp", true)]
    [InlineData(".deleted-1-10", true)]
    [InlineData("1-10", false)]
    [InlineData("notes.tmp", false)]
    [InlineData(".deleted-notes", false)]
    [InlineData(".tmp", false)]
    public void Leftovers_are_what_this_program_names_so(string folder, bool leftover) => Assert.Equal(leftover, CheckpointPlacement.IsLeftover(folder, out _));
}
