using System.Runtime.InteropServices;
using ActorTrainer.Core.Randomness;
using ActorTrainer.Torch.Models;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Weights;

/// <summary>
/// Initial weights as a pure function of (seed, parameter name): one parameter's values depend on no other, whatever the order or the device.
/// They are drawn in double and rounded, so that fp32 and fp64 begin alike.
/// </summary>
public static class WeightInitializer
{
    /// <param name="salt">Tells draws of the same name apart, such as a later phase's new head; empty for the first.</param>
    public static void Draw(ImageModel model, ulong seed, string salt = "") => Draw(model, seed, salt, static _ => true);

    public static void DrawHead(ImageModel model, ulong seed, string salt = "") => Draw(model, seed, salt, model.IsHead);

    private static void Draw(ImageModel model, ulong seed, string salt, Func<string, bool> which)
    {
        using var scope = NewDisposeScope();
        using var still = no_grad();
        foreach (var (name, parameter) in model.named_parameters())
        {
            if (!which(name)) continue;
            var stream = RandomStream.ForName(seed, RandomPurpose.InitialWeights, salt.Length == 0 ? name : salt + "/" + name);
            var drawn = empty(parameter.shape, ScalarType.Float64, CPU);
            Fill(MemoryMarshal.Cast<byte, double>(drawn.bytes), model.InitialValue(name), stream);
            parameter.copy_(drawn);
            drawn.Dispose();
        }
    }

    private static void Fill(Span<double> values, InitialValue initial, RandomStream stream)
    {
        switch (initial)
        {
            case InitialValue.Constant constant:
                values.Fill(constant.Value);
                break;
            case InitialValue.Uniform uniform:
                foreach (ref double value in values) value = stream.NextDouble(-uniform.Bound, uniform.Bound);
                break;
            case InitialValue.Normal normal:
                foreach (ref double value in values) value = normal.Deviation * stream.NextGaussian();
                break;
            case InitialValue.TruncatedNormal normal:
                foreach (ref double value in values)
                {
                    do value = normal.Deviation * stream.NextGaussian();
                    while (Math.Abs(value) > 2);
                }

                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(initial), initial, "unknown distribution");
        }
    }
}
