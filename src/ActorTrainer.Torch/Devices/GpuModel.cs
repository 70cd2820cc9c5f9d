using System.Runtime.InteropServices;
using System.Text;

namespace ActorTrainer.Torch.Devices;

/// <summary>What a GPU is, as far as it can change a bit: asked of its driver, since libtorch's wrapper does not tell. Counted as CUDA counts in this process.</summary>
/// <param name="Multiprocessors">They decide how work is cut.</param>
public sealed record GpuModel(string Name, int Major, int Minor, int Multiprocessors)
{
    private const int MultiprocessorCount = 16, ComputeMajor = 75, ComputeMinor = 76;      // CU_DEVICE_ATTRIBUTE_...

    public override string ToString() => $"{Name}, compute capability {Major}.{Minor}, {Multiprocessors} multiprocessors";

    /// <summary>How many GPUs, from the first on, are of one model: others beside them would compute other bits than they.</summary>
    /// <param name="devices">As many as there are.</param>
    /// <param name="library">The driver's; null: where the system finds it.</param>
    public static int CountAlike(int devices, string? library = null)
    {
        var first = Find(0, library);
        return Enumerable.Range(0, devices).TakeWhile(index => Find(index, library) == first).Count();
    }

    /// <summary>Null where there is no driver, or no such GPU.</summary>
    /// <param name="library">The driver's; null: where the system finds it.</param>
    public static unsafe GpuModel? Find(int index, string? library = null)
    {
        if (!NativeLibrary.TryLoad(library ?? (OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1"), out nint driver)) return null;
        var (init, get, name, attribute) = (Export("cuInit"), Export("cuDeviceGet"), Export("cuDeviceGetName"), Export("cuDeviceGetAttribute"));
        if (init == 0 || get == 0 || name == 0 || attribute == 0) return null;
        int device;
        if (((delegate* unmanaged<uint, int>)init)(0) != 0 || ((delegate* unmanaged<int*, int, int>)get)(&device, index) != 0) return null;
        byte* text = stackalloc byte[256];
        if (((delegate* unmanaged<byte*, int, int, int>)name)(text, 256, device) != 0) return null;
        return new(Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text)), Attribute(device, ComputeMajor), Attribute(device, ComputeMinor), Attribute(device, MultiprocessorCount));

        nint Export(string function) => NativeLibrary.TryGetExport(driver, function, out nint address) ? address : 0;

        int Attribute(int device, int which)
        {
            int value;
            return ((delegate* unmanaged<int*, int, int, int>)attribute)(&value, which, device) == 0 ? value : 0;
        }
    }
}
