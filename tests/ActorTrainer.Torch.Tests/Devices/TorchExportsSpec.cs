using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Devices;

namespace ActorTrainer.Torch.Tests.Devices;

public sealed class TorchExportsSpec
{
    [Theory]
    [InlineData("_ZN2at13globalContextEv")]
    [InlineData("_ZN2at7Context26setDeterministicAlgorithmsEbb")]
    [InlineData("_ZN2at7Context21setDeterministicCuDNNEb")]
    [InlineData("_ZN2at7Context17setBenchmarkCuDNNEb")]
    [InlineData("_ZN2at7Context39setDeterministicFillUninitializedMemoryEb")]
    [InlineData("_ZN2at7Context17setAllowTF32CuDNNEb")]
    [InlineData("_ZN2at7Context18setAllowTF32CuBLASEb")]
    public void The_pinned_libtorch_exports_what_is_called_on_GPUs_alone(string symbol) => Assert.NotEqual(0, TorchExports.Find(symbol, "deterministic mode"));

    [Fact]
    public void A_missing_export_is_named()
    {
        var thrown = Assert.Throws<EngineException>(() => TorchExports.Find("_ZN2at7nowhereEv", "precision = bf16"));

        Assert.StartsWith("precision = bf16 is not available", thrown.Message, StringComparison.Ordinal);
    }
}
