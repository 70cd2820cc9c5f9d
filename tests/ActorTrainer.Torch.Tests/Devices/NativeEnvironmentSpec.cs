using System.Runtime.InteropServices;

namespace ActorTrainer.Torch.Tests.Devices;

public sealed partial class NativeEnvironmentSpec
{
    [SkippableFact]
    public void What_is_set_reaches_native_getenv()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "libgomp is Linux's");

        Assert.Equal("passive", Marshal.PtrToStringUTF8(GetEnv("OMP_WAIT_POLICY")), ignoreCase: true);
        Assert.Equal("1000", Marshal.PtrToStringUTF8(GetEnv("GOMP_SPINCOUNT")));
        Assert.Equal(Environment.GetEnvironmentVariable("CUBLAS_WORKSPACE_CONFIG"), Marshal.PtrToStringUTF8(GetEnv("CUBLAS_WORKSPACE_CONFIG")));
    }

    [LibraryImport("libc", EntryPoint = "getenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint GetEnv(string name);
}
