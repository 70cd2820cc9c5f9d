using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Devices;
using TorchSharp;

namespace ActorTrainer.Torch.Tests.Devices;

public sealed class DeviceResolverSpec
{
    [Fact]
    public void Threads_default_to_the_machines_cores()
    {
        Assert.Equal(new(DeviceKind.Cpu, 0, Environment.ProcessorCount), DeviceResolver.Resolve(new(DeviceChoice.Cpu, 1, 1, null)));
        Assert.Equal(3, DeviceResolver.Resolve(new(DeviceChoice.Cpu, 1, 1, 3)).Threads);
    }

    [SkippableFact]
    public void Cuda_that_is_absent_is_an_error_that_says_what_to_do()
    {
        Skip.If(torch.cuda.is_available(), "this machine has a CUDA device");

        Assert.Equal(DeviceKind.Cpu, DeviceResolver.Resolve(new(DeviceChoice.Auto, 1, 1, null)).Kind);
        var thrown = Assert.Throws<EngineException>(() => DeviceResolver.Resolve(new(DeviceChoice.Cuda, 1, 1, null)));
        Assert.Contains("resources.device = cpu", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Why_there_is_no_CUDA_is_told_apart()
    {
        var gpu = new GpuModel("NVIDIA H100", 9, 0, 132);
        Assert.Contains("no NVIDIA GPU with a driver", DeviceResolver.Obstacle(null, libtorchHasCuda: true), StringComparison.Ordinal);
        Assert.Contains("-p:TorchBackend=cuda", DeviceResolver.Obstacle(gpu, libtorchHasCuda: false), StringComparison.Ordinal);
        Assert.Contains("its driver may be older", DeviceResolver.Obstacle(gpu, libtorchHasCuda: true), StringComparison.Ordinal);
    }

    [Fact]
    public void The_device_is_described_by_what_can_change_a_bit()
    {
        string[] lines = [.. DeviceModel.Describe(new(DeviceKind.Cpu, 0, 2))];

        Assert.Contains(lines, line => line.EndsWith("threads 2", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("ATEN_CPU_CAPABILITY=", StringComparison.Ordinal));
        Assert.Equal(lines, DeviceModel.Describe(new(DeviceKind.Cpu, 0, 2)));
    }
}
