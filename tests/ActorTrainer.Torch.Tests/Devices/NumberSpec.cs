using ActorTrainer.Torch.Devices;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Tests.Devices;

public sealed class NumberSpec
{
    /// <summary>With TorchSharp's implicit numbers this fails in most runs: it reads one that a collection has freed.</summary>
    [Fact]
    public void Numbers_outlive_the_calls_that_read_them_while_other_threads_collect()
    {
        using var stop = new CancellationTokenSource();
        var garbage = new Thread(() =>
        {
            while (!stop.IsCancellationRequested) _ = new byte[1000];
        });
        garbage.Start();
        try
        {
            using var sum = zeros(1, ScalarType.Float64);
            using var one = ones(1, ScalarType.Float64);
            for (int i = 0; i < 30_000; i++) sum.add_(one, Number.Of(0.5)).add_(one, Number.One);
            Assert.Equal(45_000, sum.data<double>()[0]);
        }
        finally
        {
            stop.Cancel();
            garbage.Join();
        }
    }
}
