using System.Runtime.InteropServices;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Torch.Devices;

/// <summary>What the device is, as far as it can change a bit: the CPU's model and vector instructions, and what pins them.</summary>
internal static class DeviceModel
{
    private static readonly string[] Pins = ["ATEN_CPU_CAPABILITY", "ONEDNN_MAX_CPU_ISA", "MKL_CBWR", "CUBLAS_WORKSPACE_CONFIG", "NVIDIA_TF32_OVERRIDE"];
    private static readonly string[] Vectors = ["sse4", "avx", "fma", "f16c", "amx"];

    /// <summary>One line an aspect, always in the same order.</summary>
    public static IEnumerable<string> Describe(ResolvedDevice device)
    {
        yield return $"{device.Kind} {RuntimeInformation.OSArchitecture} threads {device.Threads}";
        foreach (string line in Cpu()) yield return line;
        if (device.Kind == DeviceKind.Cuda) yield return GpuModel.Find(device.Index)?.ToString() ?? "cuda";
        if (device.Tf32) yield return "tf32";
        foreach (string pin in Pins) yield return $"{pin}={Environment.GetEnvironmentVariable(pin)}";
    }

    private static IEnumerable<string> Cpu()
    {
        const string description = "/proc/cpuinfo";
        if (!File.Exists(description)) yield break;
        foreach (string line in File.ReadLines(description).TakeWhile(line => line.Length > 0))
        {
            string[] parts = line.Split(':', 2, StringSplitOptions.TrimEntries);
            if (parts.Length < 2) continue;
            if (parts[0] is "vendor_id" or "model name" or "cpu family" or "model") yield return $"{parts[0]} {parts[1]}";
            if (parts[0] == "flags") yield return string.Join(' ', parts[1].Split(' ').Where(flag => Vectors.Any(prefix => flag.StartsWith(prefix, StringComparison.Ordinal))).Order(StringComparer.Ordinal));
        }
    }
}
