namespace ActorTrainer.Torch.Devices;

/// <summary>
/// Computes on the calling thread alone, where waking the team takes longer than it saves: <c>using (OneThread.Enter()) ...</c>. OpenMP and MKL keep this
/// number by thread, so what others of the process compute meanwhile stays as it is. Does nothing where libtorch was built on something else.
/// </summary>
internal static unsafe class OneThread
{
    private static readonly delegate* unmanaged<int> OpenMpThreads = (delegate* unmanaged<int>)TorchExports.TryFind("omp_get_max_threads");
    private static readonly delegate* unmanaged<int, void> SetOpenMp = (delegate* unmanaged<int, void>)TorchExports.TryFind("omp_set_num_threads");
    private static readonly delegate* unmanaged<int, int> SetMkl = (delegate* unmanaged<int, int>)TorchExports.TryFind("MKL_Set_Num_Threads_Local");

    public static Scope Enter()
    {
        if (OpenMpThreads is null || SetOpenMp is null || SetMkl is null) return default;
        int threads = OpenMpThreads();
        SetOpenMp(1);
        return new(threads, SetMkl(1));
    }

    /// <param name="openMp">Before; 0: nothing was changed.</param>
    /// <param name="mkl">Before; 0: the process's own.</param>
    public readonly ref struct Scope(int openMp, int mkl)
    {
        public void Dispose()
        {
            if (openMp == 0) return;
            SetOpenMp(openMp);
            SetMkl(mkl);
        }
    }
}
