using ActorTrainer.Tests.Shared;
using ActorTrainer.Torch.Devices;

namespace ActorTrainer.Torch.Tests.Devices;

/// <summary>Against a driver in C: two GPUs of one model, a smaller one, another of the first model.</summary>
public sealed class GpuModelSpec
{
    private const string Source = """
        #include <string.h>
        int cuInit(unsigned flags) { return flags; }
        int cuDeviceGet(int* device, int ordinal) { if (ordinal > 3) return 101; *device = ordinal + 7; return 0; }
        int cuDeviceGetName(char* name, int length, int device) { if (length < 100 || device < 7) return 1; strcpy(name, "NVIDIA H100 80GB HBM3"); return 0; }
        int cuDeviceGetAttribute(int* value, int which, int device) { *value = which == 75 ? 9 : which == 76 ? 0 : which == 16 ? (device == 9 ? 114 : 132) : -1; return device < 7; }
        """;

    [SkippableFact]
    public void It_is_what_its_driver_says() => WithDriver(driver =>
    {
        Assert.Equal("NVIDIA H100 80GB HBM3, compute capability 9.0, 132 multiprocessors", GpuModel.Find(0, driver)?.ToString());
        Assert.Null(GpuModel.Find(4, driver));
        Assert.Null(GpuModel.Find(0, driver + ".none"));
    });

    [SkippableFact]
    public void Those_that_count_are_like_the_first() => WithDriver(driver =>
    {
        Assert.Equal([0, 1, 2, 2, 2], Enumerable.Range(0, 5).Select(devices => GpuModel.CountAlike(devices, driver)));
        Assert.Equal(3, GpuModel.CountAlike(3, driver + ".none"));      // nobody tells them apart
    });

    private static void WithDriver(Action<string> test)
    {
        string folder = Directory.CreateTempSubdirectory("actortrainer-").FullName;
        try
        {
            test(CLibrary.Build(folder, "libcuda-four.so", Source));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
