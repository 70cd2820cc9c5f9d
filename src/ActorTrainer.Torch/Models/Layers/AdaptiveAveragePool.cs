using static TorchSharp.torch;

namespace ActorTrainer.Torch.Models.Layers;

/// <summary>
/// The average over a grid of fixed size, whatever the input's. Made of operations whose way back is deterministic on every device (torch's own
/// adaptive pooling has none on CUDA).
/// </summary>
internal sealed class AdaptiveAveragePool(int side) : nn.Module<Tensor, Tensor>(nameof(AdaptiveAveragePool))
{
    public override Tensor forward(Tensor input)
    {
        long height = input.shape[2], width = input.shape[3];
        if (height == side && width == side) return input.alias();
        if (side == 1) return input.mean([2, 3], keepdim: true);
        if (height % side == 0 && width % side == 0)
        {
            long[] cell = [height / side, width / side];
            return nn.functional.avg_pool2d(input, cell, cell);
        }

        using var rows = Averages(height, input);
        using var columns = Averages(width, input).transpose(0, 1);
        using var narrow = input.matmul(columns);
        return rows.matmul(narrow);
    }

    /// <summary>side x length: row i averages the inputs from floor(i n / side) up to ceil((i + 1) n / side).</summary>
    private Tensor Averages(long length, Tensor like)
    {
        float[] weights = new float[side * length];
        for (int i = 0; i < side; i++)
        {
            long first = i * length / side, end = ((i + 1) * length + side - 1) / side;
            for (long j = first; j < end; j++) weights[i * length + j] = 1f / (end - first);
        }

        return tensor(weights, [side, length]).to(like.dtype, like.device);
    }
}
