using System.Runtime.InteropServices;
using ActorTrainer.Tests.Shared;
using ActorTrainer.Transport.Gradients.Gpu;

namespace ActorTrainer.Transport.Tests.Gradients.Gpu;

/// <summary>What is called of libnccl, against a library in C that looks at every argument.</summary>
public sealed class NcclLibrarySpec
{
    /// <summary>As the header of NCCL 2.18 has it. Each function says what is wrong by its result, as NCCL would: 4 is an invalid argument.</summary>
    private const string Source = """
        #include <stddef.h>
        #include <limits.h>
        typedef struct { char internal[128]; } Id;
        typedef struct { size_t size; unsigned magic, version; int blocking, cga, min, max; const char* net; int split; } Config;
        static int made, aborted, group, finished;
        int ncclGetVersion(int* version) { *version = VERSION; return 0; }
        int ncclGetUniqueId(Id* id) { for (int i = 0; i < 128; i++) id->internal[i] = (char)(i ^ 0x55); return 0; }
        int ncclCommInitRankConfig(void** comm, int ranks, Id id, int rank, Config* c) {
            if (ranks != 3 || rank != 2) return 4;
            for (int i = 0; i < 128; i++) if (id.internal[i] != (char)(i ^ 0x55)) return 4;
            if (c->size != sizeof(Config) || c->size != 48 || c->magic != 0xcafebeef || c->version != 21800 || c->blocking != 0) return 5;
            if (c->cga != INT_MIN || c->min != INT_MIN || c->max != INT_MIN || c->net != NULL || c->split != INT_MIN) return 5;
            *comm = &made;
            return 7;
        }
        int ncclCommGetAsyncError(void* comm, int* state) { *state = comm == &made ? 0 : 6; return 0; }
        int ncclGroupStart(void) { group = 1; return 0; }
        int ncclGroupEnd(void) { group = 0; return 7; }
        int ncclSend(const void* at, size_t count, int type, int peer, void* comm, void* stream) {
            return group && at == (void*)0x1000 && count == 77 && type == 0 && peer == 1 && comm == &made && stream == NULL ? 0 : 4;
        }
        int ncclRecv(void* at, size_t count, int type, int peer, void* comm, void* stream) {
            return group && at == (void*)0x2000 && count == 78 && type == 0 && peer == 0 && comm == &made && stream == NULL ? 0 : 4;
        }
        int ncclCommFinalize(void* comm) { finished = comm == &made; return finished ? 0 : 4; }
        int ncclCommDestroy(void* comm) { return finished ? 0 : 5; }
        int ncclCommAbort(void* comm) { aborted = comm == &made; return 0; }
        const char* ncclGetErrorString(int result) { return result == 6 ? "remote process exited" : "something"; }
        int wasAborted(void) { return aborted; }
        """;

    [SkippableFact]
    public void Every_call_has_the_arguments_of_the_header()
    {
        using var folder = new TemporaryFolder();
        string path = Build(folder, 22703);
        var nccl = NcclLibrary.Load(out string? reason, path);
        Assert.Null(reason);
        Assert.Equal("2.27.3", NcclLibrary.TextOfVersion(nccl!.Version));

        Assert.Equal(NcclResult.InProgress, nccl.Begin(nccl.NewId(), rank: 2, world: 3, out nint communicator));
        Assert.NotEqual(0, communicator);
        Assert.Equal(NcclResult.Success, nccl.StateOf(communicator));
        Assert.Equal(NcclResult.RemoteError, nccl.StateOf(0));
        Assert.Equal("remote process exited", nccl.TextOf(NcclResult.RemoteError));
        Assert.Equal(NcclResult.Success, nccl.GroupStart());
        Assert.Equal(NcclResult.Success, nccl.Send(0x1000, 77, 1, communicator));
        Assert.Equal(NcclResult.Success, nccl.Receive(0x2000, 78, 0, communicator));
        Assert.Equal(NcclResult.InvalidArgument, nccl.Receive(0x1000, 78, 0, communicator));
        Assert.Equal(NcclResult.InProgress, nccl.GroupEnd());
        Assert.Equal(NcclResult.Success, nccl.Finish(communicator));
        nccl.Destroy(communicator);
        nccl.Abort(communicator);
        Assert.Equal(1, Marshal.GetDelegateForFunctionPointer<Question>(NativeLibrary.GetExport(NativeLibrary.Load(path), "wasAborted"))());
    }

    [SkippableFact]
    public void One_that_is_too_old_or_something_else_is_not_used_and_it_is_said_why()
    {
        using var folder = new TemporaryFolder();
        Assert.Null(NcclLibrary.Load(out string? reason, Build(folder, 21705)));
        Assert.Equal("NCCL 2.17.5 is too old: 2.18.0 or newer is needed", reason);

        string other = CLibrary.Build(folder.Path, "libother.so", Source.Replace("VERSION", "22703", StringComparison.Ordinal).Replace("ncclCommFinalize", "finalize", StringComparison.Ordinal));
        Assert.Null(NcclLibrary.Load(out reason, other));
        Assert.Contains("ncclCommFinalize", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_is_not_there_is_named()
    {
        Assert.Null(NcclLibrary.Load(out string? reason, "/nowhere/libnccl.so.2"));
        Assert.Equal("/nowhere/libnccl.so.2 can't be loaded", reason);
    }

    /// <summary>As libtorch's own: in a library of another name, and only in some of that name.</summary>
    [SkippableFact]
    public void It_is_taken_from_the_first_library_that_has_it()
    {
        using var folder = new TemporaryFolder();
        string without = CLibrary.Build(folder.Path, "libtorch_cuda.so", "int torch(void) { return 0; }");
        Assert.Equal(22703, NcclLibrary.Load(out string? reason, "/nowhere/libnccl.so.2", without, Build(folder, 22703))!.Version);
        Assert.Null(reason);
        Assert.Null(NcclLibrary.Load(out reason, "/nowhere/libnccl.so.2", without));
        Assert.Equal("/nowhere/libnccl.so.2 can't be loaded", reason);
    }

    [Fact]
    public void The_configuration_is_laid_out_as_NCCL_reads_it()
    {
        Assert.Equal(48, Marshal.SizeOf<NcclConfiguration>());
        Assert.Equal(32, (int)Marshal.OffsetOf<NcclConfiguration>(nameof(NcclConfiguration.NetName)));
        Assert.Equal(40, (int)Marshal.OffsetOf<NcclConfiguration>(nameof(NcclConfiguration.SplitShare)));
    }

    [SkippableFact]
    public void A_process_of_a_machine_with_GPUs_has_NCCL()
    {
        Skip.IfNot(CudaDriver.Load(out string? noDriver) is not null, $"needs a GPU and its driver: {noDriver}");
        Skip.IfNot(GpuExchange.IsThere, $"needs NCCL: {GpuExchange.Text}");
        Assert.StartsWith("NCCL 2.", GpuExchange.Text, StringComparison.Ordinal);
        Assert.NotEqual(Guid.Empty, NcclLibraries.This.Cuda!.IdOf(0));
        var id = NcclLibraries.This.Nccl!.NewId();
        Assert.True(((ReadOnlySpan<byte>)id).ContainsAnyExcept((byte)0));
    }

    private static string Build(TemporaryFolder folder, int version) => CLibrary.Build(folder.Path, $"libnccl-{version}.so", Source.Replace("VERSION", $"{version}", StringComparison.Ordinal));

    private delegate int Question();
}
