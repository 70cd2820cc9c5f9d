using System.Runtime.InteropServices;
using ActorTrainer.Torch;
using TorchSharp;

namespace ActorTrainer.Benchmarks;

/// <summary>What a number was measured on: printed with it, since alone it says nothing.</summary>
internal sealed record Machine(string Cpu, int Cores, string System, string Runtime, string Libtorch, string Product, string WaitPolicy, double? Load)
{
    public static Machine Here() => new(
        CpuName(), Environment.ProcessorCount, RuntimeInformation.OSDescription, RuntimeInformation.FrameworkDescription, torch.__version__,
        typeof(TorchEngine).Assembly.GetName().Version!.ToString(3), WaitPolicyHere(), LoadAverage());

    public override string ToString() =>
        $"{Cpu}, {Cores} cores, {System}, {Runtime}, libtorch {Libtorch}, OpenMP wait policy {WaitPolicy}, load average {(Load is { } load ? load.ToString("0.0") : "unknown")}";

    private static string WaitPolicyHere() =>
        (Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") ?? "default") + (Environment.GetEnvironmentVariable("GOMP_SPINCOUNT") is { } spins ? $" after {spins} spins" : "");

    private static string CpuName()
    {
        const string description = "/proc/cpuinfo";
        return File.Exists(description)
            ? File.ReadLines(description).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim() ?? "unknown"
            : RuntimeInformation.ProcessArchitecture.ToString();
    }

    /// <summary>Over the last minute, of all processes: above the number of cores, times say little.</summary>
    private static double? LoadAverage() =>
        File.Exists("/proc/loadavg") ? double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0]) : null;
}
