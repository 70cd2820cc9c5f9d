using System.Runtime.InteropServices;

namespace ActorTrainer.Transport.Gradients.Gpu;

/// <summary>libnccl.so.2, looked up at run time: it is not needed where it is not there. Where libtorch was linked with an NCCL of its own, that one serves.</summary>
internal sealed unsafe class NcclLibrary : INccl
{
    /// <summary>2.18: the first whose communicators can be made, used and aborted without blocking, by the configuration below.</summary>
    private const int Oldest = 21800;
    private const int Int8 = 0;     // ncclInt8: vectors move as bytes

    /// <summary>libtorch's zips bring no libnccl: it is inside. By its soname the one is found that is loaded, and nothing loads it.</summary>
    private static readonly string[] Usual = ["libnccl.so.2", "libnccl.so", "libtorch_cuda.so"];
    private readonly delegate* unmanaged<NcclId*, NcclResult> _newId;
    private readonly delegate* unmanaged<nint*, int, NcclId, int, NcclConfiguration*, NcclResult> _begin;
    private readonly delegate* unmanaged<nint, NcclResult*, NcclResult> _state;
    private readonly delegate* unmanaged<NcclResult> _groupStart, _groupEnd;
    private readonly delegate* unmanaged<nint, nuint, int, int, nint, nint, NcclResult> _send, _receive;
    private readonly delegate* unmanaged<nint, NcclResult> _finish, _destroy, _abort;
    private readonly delegate* unmanaged<NcclResult, nint> _text;

    private NcclLibrary(NativeFunctions nccl)
    {
        int version;
        ((delegate* unmanaged<int*, NcclResult>)nccl["ncclGetVersion"])(&version);
        Version = version;
        _newId = (delegate* unmanaged<NcclId*, NcclResult>)nccl["ncclGetUniqueId"];
        _begin = (delegate* unmanaged<nint*, int, NcclId, int, NcclConfiguration*, NcclResult>)nccl["ncclCommInitRankConfig"];
        _state = (delegate* unmanaged<nint, NcclResult*, NcclResult>)nccl["ncclCommGetAsyncError"];
        _groupStart = (delegate* unmanaged<NcclResult>)nccl["ncclGroupStart"];
        _groupEnd = (delegate* unmanaged<NcclResult>)nccl["ncclGroupEnd"];
        _send = (delegate* unmanaged<nint, nuint, int, int, nint, nint, NcclResult>)nccl["ncclSend"];
        _receive = (delegate* unmanaged<nint, nuint, int, int, nint, nint, NcclResult>)nccl["ncclRecv"];
        _finish = (delegate* unmanaged<nint, NcclResult>)nccl["ncclCommFinalize"];
        _destroy = (delegate* unmanaged<nint, NcclResult>)nccl["ncclCommDestroy"];
        _abort = (delegate* unmanaged<nint, NcclResult>)nccl["ncclCommAbort"];
        _text = (delegate* unmanaged<NcclResult, nint>)nccl["ncclGetErrorString"];
    }

    /// <summary>As NCCL numbers them: 22703 is 2.27.3.</summary>
    public int Version { get; }

    /// <summary>Null, with a reason for a person, where it can't be used.</summary>
    /// <param name="names">Where it may stand; none: where it usually does.</param>
    public static NcclLibrary? Load(out string? reason, params string[] names)
    {
        if (NativeFunctions.Load(names.Length == 0 ? Usual : names, "ncclGetVersion", out reason) is not { } functions) return null;
        try
        {
            var nccl = new NcclLibrary(functions);
            if (nccl.Version >= Oldest) return nccl;
            reason = $"NCCL {TextOfVersion(nccl.Version)} is too old: {TextOfVersion(Oldest)} or newer is needed";
        }
        catch (EntryPointNotFoundException e)
        {
            reason = e.Message;
        }

        return null;
    }

    public static string TextOfVersion(int version) => $"{version / 10000}.{version / 100 % 100}.{version % 100}";

    public NcclId NewId()
    {
        NcclId id;
        var result = _newId(&id);
        return result == NcclResult.Success ? id : throw new InvalidOperationException($"NCCL gives no id: {TextOf(result)}");
    }

    public NcclResult Begin(in NcclId id, int rank, int world, out nint communicator)
    {
        var configuration = NcclConfiguration.NonBlocking();
        nint made = 0;
        var result = _begin(&made, world, id, rank, &configuration);
        communicator = made;
        return result;
    }

    public NcclResult StateOf(nint communicator)
    {
        NcclResult state;
        var asked = _state(communicator, &state);
        return asked == NcclResult.Success ? state : asked;
    }

    public NcclResult GroupStart() => _groupStart();

    public NcclResult GroupEnd() => _groupEnd();

    public NcclResult Send(nint address, int bytes, int peer, nint communicator) => _send(address, (nuint)bytes, Int8, peer, communicator, 0);

    public NcclResult Receive(nint address, int bytes, int peer, nint communicator) => _receive(address, (nuint)bytes, Int8, peer, communicator, 0);

    public NcclResult Finish(nint communicator) => _finish(communicator);

    public void Destroy(nint communicator) => _destroy(communicator);

    public void Abort(nint communicator) => _abort(communicator);

    public string TextOf(NcclResult result) => Marshal.PtrToStringUTF8(_text(result)) ?? result.ToString();
}

/// <summary>ncclConfig_t as of 2.18. A newer library reads as much of it as its size and version say, and takes its defaults for the rest.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NcclConfiguration
{
    private const int Undefined = int.MinValue;

    public nuint Size;
    public uint Magic;
    public uint Version;
    public int Blocking;
    public int CgaClusterSize;
    public int MinCtas;
    public int MaxCtas;
    public nint NetName;
    public int SplitShare;

    public static unsafe NcclConfiguration NonBlocking() => new()
    {
        Size = (nuint)sizeof(NcclConfiguration),
        Magic = 0xcafebeef,
        Version = 21800,
        Blocking = 0,
        CgaClusterSize = Undefined,
        MinCtas = Undefined,
        MaxCtas = Undefined,
        SplitShare = Undefined,
    };
}
