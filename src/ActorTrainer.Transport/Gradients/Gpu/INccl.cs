using System.Runtime.CompilerServices;

namespace ActorTrainer.Transport.Gradients.Gpu;

/// <summary>As nccl.h numbers them.</summary>
internal enum NcclResult
{
    Success = 0,
    UnhandledCudaError = 1,
    SystemError = 2,
    InternalError = 3,
    InvalidArgument = 4,
    InvalidUsage = 5,
    RemoteError = 6,
    InProgress = 7,
}

/// <summary>ncclUniqueId: what one rank draws and all others are told.</summary>
[InlineArray(Size)]
internal struct NcclId
{
    public const int Size = 128;
    private byte _first;

    public static NcclId Read(ReadOnlySpan<byte> bytes)
    {
        var id = default(NcclId);
        bytes[..Size].CopyTo(id);
        return id;
    }
}

/// <summary>What of NCCL is used: point-to-point only, since its sums associate by topology. Bytes on the legacy default stream of the current device.</summary>
internal interface INccl
{
    NcclId NewId();

    /// <summary>Begins to make a communicator and does not wait: it is <see cref="NcclResult.InProgress"/> until <see cref="StateOf"/> says otherwise.</summary>
    NcclResult Begin(in NcclId id, int rank, int world, out nint communicator);

    NcclResult StateOf(nint communicator);

    NcclResult GroupStart();

    /// <summary>Issues the group. <see cref="NcclResult.InProgress"/>: not all of it yet.</summary>
    NcclResult GroupEnd();

    NcclResult Send(nint address, int bytes, int peer, nint communicator);

    NcclResult Receive(nint address, int bytes, int peer, nint communicator);

    /// <summary>Lets what is under way arrive; <see cref="NcclResult.InProgress"/> until it has.</summary>
    NcclResult Finish(nint communicator);

    /// <summary>Of one that is finished.</summary>
    void Destroy(nint communicator);

    /// <summary>Ends whatever is under way, here and on the device, and destroys it.</summary>
    void Abort(nint communicator);

    string TextOf(NcclResult result);
}
