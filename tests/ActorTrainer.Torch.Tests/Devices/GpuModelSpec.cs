using ActorTrainer.Tests.Shared;
using ActorTrainer.Torch.Devices;

namespace ActorTrainer.Torch.Tests.Devices;

/// <summary>Against a driver in C with one GPU.</summary>
public sealed class GpuModelSpec
{
    private const string Source = """
        #include <string.h>
        int cuInit(unsigned flags) { return flags; }
        int cuDeviceGet(int* device, int ordinal) { if (ordinal) return 101; *device = 7; return 0; }
        int cuDeviceGetName(char* name, int length, int device) { if (length < 100 || device != 7) return 1; strcpy(name, "NVIDIA H100 80GB HBM3"); return 0; }
        int cuDeviceGetAttribute(int* value, int which, int device) { *value = which == 75 ? 9 : which == 76 ? 0 : which == 16 ? 132 : -1; return device != 7; }
        """;

    [SkippableFact]
    public void It_is_what_its_driver_says()
    {
        string folder = Directory.CreateTempSubdirectory("actortrainer-").FullName;
        try
        {
            string driver = CLibrary.Build(folder, "libcuda-one.so", Source);
            Assert.Equal("NVIDIA H100 80GB HBM3, compute capability 9.0, 132 multiprocessors", GpuModel.Find(0, driver)?.ToString());
            Assert.Null(GpuModel.Find(1, driver));
            Assert.Null(GpuModel.Find(0, Path.Combine(folder, "none.so")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
