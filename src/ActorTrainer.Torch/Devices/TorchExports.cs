using System.Runtime.InteropServices;
using ActorTrainer.Core.Training;
using TorchSharp;

namespace ActorTrainer.Torch.Devices;

/// <summary>
/// Plain C++ functions of libtorch that TorchSharp does not wrap, called by their mangled names. They belong to the exact libtorch version
/// that the build pins; a missing one is an <see cref="EngineException"/> that names it.
/// </summary>
internal static unsafe partial class TorchExports
{
    private static readonly Lazy<nint> Library = new(Load);

    private static readonly Lazy<nint> Context = new(() => ((delegate* unmanaged<nint>)Find("_ZN2at13globalContextEv", "deterministic mode"))());

    public const sbyte BFloat16 = 15;

    public static sbyte DeviceCode(DeviceKind kind) => kind == DeviceKind.Cpu ? (sbyte)0 : (sbyte)1;

    /// <summary>Of the first element, wherever the tensor stands. TorchSharp gives it away for CPU tensors only.</summary>
    public static nint DataPointer(torch.Tensor tensor) => TensorData(tensor.Handle);

    [LibraryImport("LibTorchSharp", EntryPoint = "THSTensor_data")]
    private static partial nint TensorData(nint tensor);

    /// <summary>Whether products and convolutions of fp32 numbers may lose 13 of their 23 bits on a GPU's tensor cores. Of the whole process; libtorch's own default is yes for convolutions.</summary>
    public static void SetTf32(bool allowed)
    {
        const string purpose = "precision on GPUs";
        ((delegate* unmanaged<nint, byte, void>)Find("_ZN2at7Context17setAllowTF32CuDNNEb", purpose))(Context.Value, allowed ? (byte)1 : (byte)0);
        ((delegate* unmanaged<nint, byte, void>)Find("_ZN2at7Context18setAllowTF32CuBLASEb", purpose))(Context.Value, allowed ? (byte)1 : (byte)0);
    }

    public static void SetDeterministic()
    {
        const string purpose = "deterministic mode";
        ((delegate* unmanaged<nint, byte, byte, void>)Find("_ZN2at7Context26setDeterministicAlgorithmsEbb", purpose))(Context.Value, 1, 0);
        ((delegate* unmanaged<nint, byte, void>)Find("_ZN2at7Context21setDeterministicCuDNNEb", purpose))(Context.Value, 1);
        ((delegate* unmanaged<nint, byte, void>)Find("_ZN2at7Context17setBenchmarkCuDNNEb", purpose))(Context.Value, 0);
        // Filling fresh memory is for finding bugs; every buffer here is written before it is read.
        ((delegate* unmanaged<nint, byte, void>)Find("_ZN2at7Context39setDeterministicFillUninitializedMemoryEb", purpose))(Context.Value, 0);
    }

    public static nint Find(string symbol, string purpose) =>
        NativeLibrary.TryGetExport(Library.Value, symbol, out nint address)
            ? address
            : throw new EngineException($"{purpose} is not available: this libtorch ({torch.__version__}) does not export {symbol}.");

    /// <summary>0 where it is not there. Also what libtorch itself is linked with.</summary>
    public static nint TryFind(string symbol) => NativeLibrary.TryGetExport(Library.Value, symbol, out nint address) ? address : 0;

    private static nint Load()
    {
        // TorchSharp loads libtorch when it is first used; by its soname the loaded library is found, wherever it stands.
        torch.TryInitializeDeviceType(DeviceType.CPU);
        string name = OperatingSystem.IsWindows() ? "torch_cpu.dll" : OperatingSystem.IsMacOS() ? "libtorch_cpu.dylib" : "libtorch_cpu.so";
        return NativeLibrary.TryLoad(name, out nint library) ? library : throw new EngineException($"{name} is not loaded.");
    }
}
