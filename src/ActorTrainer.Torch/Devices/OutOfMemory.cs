using System.Runtime.InteropServices;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Torch.Devices;

/// <summary>What libtorch says where memory does not suffice, with what to do. Starting again would not mend it, so it is an <see cref="EngineException"/>.</summary>
internal static class OutOfMemory
{
    private static readonly string[] Signs = ["out of memory", "can't allocate memory", "STATUS_ALLOC_FAILED"];

    public static T Explain<T>(DeviceKind kind, Func<T> act)
    {
        try
        {
            return act();
        }
        catch (ExternalException e) when (Signs.Any(sign => e.Message.Contains(sign, StringComparison.Ordinal)))
        {
            string whose = kind == DeviceKind.Cuda ? "The GPU's memory does not suffice; nvidia-smi shows who else has some of it" : "This machine's memory does not suffice";
            throw new EngineException($"{whose}. Smaller batches (training.global-batch-size, evaluation.batch-size), a smaller image-size, more training.logical-shards, "
                + $"which are computed one after the other, or a smaller model need less. libtorch: {e.Message.Split('\n')[0]}", e);
        }
    }
}
