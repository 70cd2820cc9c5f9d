using System.Runtime.InteropServices;
using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Devices;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Tests.Devices;

public sealed class OutOfMemorySpec
{
    private const string Cuda = "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 7.79 GiB.\nException raised from malloc at CUDACachingAllocator.cpp:1";

    [Fact]
    public void A_GPU_that_is_full_is_told_in_a_line_with_what_to_do()
    {
        var thrown = Assert.Throws<EngineException>(() => OutOfMemory.Explain<Tensor>(DeviceKind.Cuda, () => throw new ExternalException(Cuda)));
        Assert.StartsWith("The GPU's memory does not suffice", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("training.global-batch-size", thrown.Message, StringComparison.Ordinal);
        Assert.EndsWith("GPU 0 has a total capacity of 7.79 GiB.", thrown.Message, StringComparison.Ordinal);
    }

    /// <summary>Asked for in earnest: more than any address space has.</summary>
    [Fact]
    public void So_is_a_machine_that_is_full()
    {
        var thrown = Assert.Throws<EngineException>(() => OutOfMemory.Explain(DeviceKind.Cpu, () => empty(1L << 50, ScalarType.Byte)));
        Assert.StartsWith("This machine's memory does not suffice", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Anything_else_goes_on_as_it_is() =>
        Assert.Equal("CUDA error: device-side assert triggered", Assert.Throws<ExternalException>(() =>
            OutOfMemory.Explain<Tensor>(DeviceKind.Cuda, () => throw new ExternalException("CUDA error: device-side assert triggered"))).Message);
}
