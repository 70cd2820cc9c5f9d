using System.Collections.Immutable;
using ActorTrainer.Core.Models;
using ActorTrainer.Torch.Models;
using ActorTrainer.Torch.Models.Architectures;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Weights;

/// <summary>Lets a ViT's positions follow the image's size: the grid is interpolated (bicubic), the class token's place stays.</summary>
internal static class PositionEmbedding
{
    public static IReadOnlyCollection<NamedTensor> Fit(ImmutableArray<NamedTensor> weights, ImageModel model)
    {
        if (model is not VisionTransformer) return weights;
        long length = model.state_dict()[VisionTransformer.PositionName].shape[1];
        return [.. weights.Select(tensor => tensor is { Name: VisionTransformer.PositionName, Shape: [1, var has, _] } && has != length ? Resize(tensor, length) : tensor)];
    }

    private static NamedTensor Resize(NamedTensor positions, long length)
    {
        long from = Side(positions.Shape[1]), to = Side(length), width = positions.Shape[2];
        if (from == 0 || to == 0) return positions;
        using var scope = NewDisposeScope();
        using var still = no_grad();
        var all = TensorBytes.Create(positions).to(ScalarType.Float32);
        var grid = all.narrow(1, 1, from * from).permute(0, 2, 1).reshape(1, width, from, from);
        var resized = nn.functional.interpolate(grid, size: [to, to], mode: InterpolationMode.Bicubic, align_corners: true);
        return TensorBytes.Read(positions.Name, cat([all.narrow(1, 0, 1), resized.reshape(1, width, to * to).permute(0, 2, 1)], 1));
    }

    /// <summary>Of a square grid with one place more; 0 where there is none.</summary>
    private static long Side(long length) => (long)Math.Sqrt(length - 1) is var side && side * side == length - 1 ? side : 0;
}
