using ActorTrainer.Torch.Devices;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Tests.Devices;

public sealed class OneThreadSpec
{
    [SkippableFact]
    public void Only_the_thread_that_asks_computes_alone_and_only_meanwhile()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "libgomp is Linux's");
        int others = OnThread(get_num_threads);

        var (within, elsewhere, after) = OnThread(() =>
        {
            SetThreads(3);      // of this thread alone, as OpenMP keeps it
            int alone, besides;
            using (OneThread.Enter()) (alone, besides) = (get_num_threads(), OnThread(get_num_threads));
            return (alone, besides, get_num_threads());
        });

        Assert.Equal((1, others, 3), (within, elsewhere, after));
    }

    private static T OnThread<T>(Func<T> act)
    {
        T result = default!;
        var thread = new Thread(() => result = act());
        thread.Start();
        thread.Join();
        return result;
    }

    private static unsafe void SetThreads(int threads) => ((delegate* unmanaged<int, void>)TorchExports.Find("omp_set_num_threads", "OpenMP"))(threads);
}
