using System.Security.Cryptography;
using System.Text;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Training;

/// <summary>
/// A hash over all that a picture's features depend on besides the picture: versions and device by name, the model up to its head by its description and the
/// bits of its weights, and, because names don't say all, the bits of the features of generated pictures.
/// </summary>
internal static class BackboneIdentity
{
    public static string Of(Replica replica, TrainingJob job, ModelDescription description, ShardPass pass)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var normalize = description.Normalize;
        foreach (string line in NumericsFingerprint.Names(job).Append(description.Architecture).Append($"{description.Channels} x {description.ImageSize}")
            .Append(FormattableString.Invariant($"{normalize.BuiltIn} {string.Join(' ', normalize.Mean.Select(Exact))} / {string.Join(' ', normalize.Std.Select(Exact))}")))
            hash.AppendData(Encoding.UTF8.GetBytes(line + "\n"));
        hash.AppendData(Convert.FromHexString(StateDictDigest.Of(replica.CaptureWeights().Where(tensor => !replica.Model.IsHead(tensor.Name)))));
        using var pictures = NumericsFingerprint.Pictures(0, description);
        using var scope = NewDisposeScope();
        hash.AppendData(pass.Features(pictures).cpu().bytes);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static long Exact(double value) => BitConverter.DoubleToInt64Bits(value);
}
