using System.Collections.Immutable;
using ActorTrainer.Core.Models;

namespace ActorTrainer.Torch.Weights;

/// <summary>Names as torchvision has them today, from names as files have them: wrapped by trainers, or of older versions.</summary>
internal static class TorchvisionNames
{
    private static readonly string[] Wrappers = ["module.", "_orig_mod.", "model."];

    public static ImmutableArray<NamedTensor> Canonical(ImmutableArray<NamedTensor> tensors)
    {
        for (bool unwrapped = true; unwrapped;)
        {
            unwrapped = false;
            foreach (string wrapper in Wrappers)
            {
                if (tensors.IsEmpty || !tensors.All(tensor => tensor.Name.StartsWith(wrapper, StringComparison.Ordinal))) continue;
                tensors = [.. tensors.Select(tensor => tensor with { Name = tensor.Name[wrapper.Length..] })];
                unwrapped = true;
            }
        }

        return [.. tensors.Select(tensor => tensor with { Name = OfToday(tensor.Name) })];
    }

    /// <summary>The perceptron of a transformer's block had named layers before torchvision 0.14; the published weights still have.</summary>
    private static string OfToday(string name) =>
        name.Replace(".mlp.linear_1.", ".mlp.0.", StringComparison.Ordinal).Replace(".mlp.linear_2.", ".mlp.3.", StringComparison.Ordinal);
}
