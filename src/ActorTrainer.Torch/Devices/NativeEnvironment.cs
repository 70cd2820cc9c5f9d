using System.Runtime.InteropServices;

namespace ActorTrainer.Torch.Devices;

/// <summary>Instruction sets that mixed CPUs are pinned to, so that all of them give the same bits. Null: whatever the CPU has.</summary>
/// <param name="AtenCpuCapability"><c>default</c>, <c>avx2</c> or <c>avx512</c>: libtorch's own kernels.</param>
/// <param name="OneDnnMaxIsa">For example <c>AVX2</c>: convolutions and bf16.</param>
/// <param name="MklCbwr">For example <c>AVX2</c>: matrix products.</param>
public sealed record InstructionSets(string? AtenCpuCapability = null, string? OneDnnMaxIsa = null, string? MklCbwr = null);

/// <summary>
/// The environment that native libraries read when they are loaded. .NET's own SetEnvironmentVariable does not reach native getenv,
/// so libc's setenv sets it; nothing starts the program a second time, because a kill has to hit the one process.
/// </summary>
public static partial class NativeEnvironment
{
    private static bool _prepared;

    /// <summary>
    /// First thing in the program, before anything touches libtorch. What the user has set in the environment stays,
    /// unless <paramref name="sets"/> pins it.
    /// </summary>
    public static void Prepare(InstructionSets? sets = null)
    {
        // Threads of a team that sleep at once are woken for each operation, which takes as long as a small one does; those that spin for long take the cores from decoders, evaluator and
        // other processes' teams: two that share two cores then hardly move. So they spin for the moment between two operations, and sleep after that (docs/adr/0005).
        if (Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") is null) Set("GOMP_SPINCOUNT", "1000", overwrite: false);
        Set("OMP_WAIT_POLICY", "passive", overwrite: false);
        Set("CUBLAS_WORKSPACE_CONFIG", ":4096:8", overwrite: false);
        Pin("ATEN_CPU_CAPABILITY", sets?.AtenCpuCapability);
        Pin("ONEDNN_MAX_CPU_ISA", sets?.OneDnnMaxIsa);
        Pin("MKL_CBWR", sets?.MklCbwr);
        NativeMemory.LimitArenas();
        if (!_prepared) LibTorchFolder.Serve();
        _prepared = true;
    }

    /// <summary>Whether <see cref="Prepare"/> has run: doctor says so where it has not.</summary>
    public static bool IsPrepared => _prepared;

    private static void Pin(string name, string? value)
    {
        if (value is not null) Set(name, value, overwrite: true);
    }

    private static void Set(string name, string value, bool overwrite)
    {
        if (!overwrite && Environment.GetEnvironmentVariable(name) is not null) return;
        Environment.SetEnvironmentVariable(name, value);
        if (OperatingSystem.IsWindows()) return;
        if (SetEnv(name, value, 1) != 0) throw new InvalidOperationException($"setenv {name} failed with errno {Marshal.GetLastPInvokeError()}.");
    }

    [LibraryImport("libc", EntryPoint = "setenv", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnv(string name, string value, int overwrite);
}
