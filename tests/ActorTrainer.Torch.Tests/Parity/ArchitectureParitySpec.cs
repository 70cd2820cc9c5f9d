using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ActorTrainer.Torch.Models;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Tests.Parity;

public class ArchitectureParitySpec
{
    private static readonly JsonDocument Reference = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "TestData", "logits.json")));

    public static TheoryData<string> Names => [.. Models().Select(model => model.Name)];

    /// <summary>Those whose weights are made in a moment; AlexNet and VGG are compared with the TorchVision package.</summary>
    public static TheoryData<string> SmallNames =>
        [.. Models().Where(model => model.Value.GetProperty("parameters").GetInt64() < 25_000_000).Select(model => model.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void An_architecture_has_the_names_and_shapes_of_Pythons_torchvision(string name)
    {
        using var model = Build(name);
        var wanted = Reference.RootElement.GetProperty("models").GetProperty(name);
        Assert.Equal(wanted.GetProperty("parameters").GetInt64(), model.parameters().Sum(parameter => parameter.numel()));
        string state = string.Concat(model.state_dict().OrderBy(entry => entry.Key, StringComparer.Ordinal)
            .Select(entry => $"{entry.Key}:{string.Join(',', entry.Value.shape)}\n"));
        Assert.Equal(wanted.GetProperty("state_sha256").GetString(), Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(state))));
    }

    [Theory]
    [MemberData(nameof(SmallNames))]
    public void An_architecture_has_the_logits_of_Pythons_torchvision(string name)
    {
        using var scope = NewDisposeScope();
        using var still = no_grad();
        using var model = Build(name);
        ParityReference.Fill(model);
        foreach (var parameter in model.parameters().Where(parameter => parameter.dim() > 1)) parameter.mul_(Math.Sqrt(2));
        model.eval();

        var pixels = tensor(Formula.Pixels(0, ImageSize * ImageSize * 3), [1, ImageSize, ImageSize, 3]).permute(0, 3, 1, 2);
        float[] logits = model.forward((pixels.to(float32) / 255 - 0.5) / 0.25).data<float>().ToArray();
        double[] expected =
            [.. Reference.RootElement.GetProperty("models").GetProperty(name).GetProperty("logits").EnumerateArray().Select(logit => logit.GetDouble())];
        double scale = expected.Max(Math.Abs);
        Assert.All(expected.Zip(logits), pair => Assert.InRange(pair.Second, pair.First - 1e-4 * scale, pair.First + 1e-4 * scale));
    }

    private static int ImageSize => Reference.RootElement.GetProperty("image_size").GetInt32();

    private static IEnumerable<JsonProperty> Models() => Reference.RootElement.GetProperty("models").EnumerateObject();

    private static ImageModel Build(string name) => ModelCatalog.Build(Some.Description(name, imageSize: ImageSize), Some.Context());
}
