using ActorTrainer.Core.Data;
using ActorTrainer.Core.Models;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Training;

internal sealed class ShardInput(ModelDescription description, ScalarType type, Device device)
{
    public Tensor ToDevice(HostBatch batch, int first, int end)
    {
        int each = batch.Height * batch.Width * batch.Channels;
        using var host = empty([end - first, batch.Height, batch.Width, batch.Channels], ScalarType.Byte, CPU);
        batch.Pixels.Span[(first * each)..(end * each)].CopyTo(host.bytes);
        double[] mean = [.. description.Normalize.Mean], std = [.. description.Normalize.Std];
        var pixels = host.to(device).permute(0, 3, 1, 2).contiguous().to(type).div_(255);
        return pixels.sub_(tensor(mean, type, device).view(1, -1, 1, 1)).div_(tensor(std, type, device).view(1, -1, 1, 1));
    }
}
