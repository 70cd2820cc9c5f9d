using ActorTrainer.Tests.Shared;
using ActorTrainer.Transport.Gradients.Gpu;

namespace ActorTrainer.Transport.Tests.Gradients.Gpu;

/// <summary>What is called of libcuda, against a driver in C with two devices.</summary>
public sealed class CudaDriverSpec
{
    private const string Source = """
        #include <string.h>
        static void* current = (void*)0x77;
        static int polls, contexts;
        int cuInit(unsigned flags) { return START; }
        int cuDeviceGet(int* device, int ordinal) { if (ordinal > 1) return 101; *device = ordinal + 10; return 0; }
        int cuDeviceGetUuid(char* id, int device) { memset(id, device, 16); return 0; }
        int cuDevicePrimaryCtxRetain(void** context, int device) { if (++contexts > 2) return 2; *context = (void*)(long)(device * 16); return 0; }
        int cuCtxGetCurrent(void** context) { *context = current; return 0; }
        int cuCtxSetCurrent(void* context) { current = context; return 0; }
        int cuStreamQuery(void* stream) { if (stream) return 1; return current != (void*)(11 * 16) ? 719 : ++polls < 3 ? 600 : 0; }
        """;

    [SkippableFact]
    public void A_device_is_used_by_its_primary_context_and_the_one_before_comes_back()
    {
        using var folder = new TemporaryFolder();
        var cuda = CudaDriver.Load(out string? reason, CLibrary.Build(folder.Path, "libcuda.so.1", Source.Replace("START", "0", StringComparison.Ordinal)))!;
        Assert.Null(reason);
        Assert.NotEqual(cuda.IdOf(0), cuda.IdOf(1));
        Assert.Contains("cuDeviceGet failed", Assert.Throws<InvalidOperationException>(() => cuda.IdOf(2)).Message, StringComparison.Ordinal);
        for (int round = 0; round < 3; round++)
        {
            using (cuda.Use(0)) Assert.Throws<InvalidOperationException>(() => cuda.IsIdle());
            using (cuda.Use(1))
            {
                if (round == 0) Assert.False(cuda.IsIdle());
                while (!cuda.IsIdle())
                {
                }
            }

            Assert.Contains("719", Assert.Throws<InvalidOperationException>(() => cuda.IsIdle()).Message, StringComparison.Ordinal);
        }
    }

    [SkippableFact]
    public void A_driver_that_does_not_start_is_a_reason()
    {
        using var folder = new TemporaryFolder();
        Assert.Null(CudaDriver.Load(out string? reason, CLibrary.Build(folder.Path, "libcuda-none.so", Source.Replace("START", "100", StringComparison.Ordinal))));
        Assert.Equal("CUDA's driver does not start (error 100)", reason);
    }
}
