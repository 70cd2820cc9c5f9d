using System.Text.Json;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Core.Tests.Training;

public sealed class ResolvedDeviceSpec
{
    private static readonly ResolvedDevice Cpu = new(DeviceKind.Cpu, 0, 2), Gpu = new(DeviceKind.Cuda, 1, 2);

    [Theory]
    [InlineData(Precision.Fp32)]
    [InlineData(Precision.Bf16)]
    [InlineData(Precision.Fp64)]
    public void Most_precisions_ask_nothing_of_it(Precision precision)
    {
        Assert.Equal(Cpu, Cpu.For(precision));
        Assert.False(Gpu.For(precision).Tf32);
    }

    [Fact]
    public void Tf32_is_for_GPUs()
    {
        Assert.True(Gpu.For(Precision.Tf32).Tf32);
        Assert.Contains("choose fp32 or bf16", Assert.Throws<EngineException>(() => Cpu.For(Precision.Tf32)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_journal_has_it_only_where_it_is_used()
    {
        Assert.DoesNotContain("tf32", JsonSerializer.Serialize(Gpu, CoreJson.Options), StringComparison.Ordinal);
        var with = Gpu.For(Precision.Tf32);
        Assert.Equal(with, JsonSerializer.Deserialize<ResolvedDevice>(JsonSerializer.Serialize(with, CoreJson.Options), CoreJson.Options));
        Assert.Equal(Cpu, JsonSerializer.Deserialize<ResolvedDevice>("""{"kind":"cpu","index":0,"threads":2}""", CoreJson.Options));
    }
}
