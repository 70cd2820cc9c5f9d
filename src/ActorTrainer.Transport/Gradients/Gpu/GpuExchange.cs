using ActorTrainer.Core.Gradients;

namespace ActorTrainer.Transport.Gradients.Gpu;

/// <summary>The exchange between trainers that have met and whose vectors are on GPUs.</summary>
public static class GpuExchange
{
    /// <summary>Whether this process has NCCL, and a driver for it.</summary>
    public static bool IsThere => NcclLibraries.This.Reason is null;

    /// <summary>Which NCCL there is, or why none can be used: for a person.</summary>
    public static string Text => NcclLibraries.This.Text;

    /// <summary>All trainers of the group call it together; see <see cref="NcclExchange"/>. Throws <see cref="ExchangeFailedException"/>.</summary>
    /// <param name="peers">Owned by what is returned.</param>
    /// <param name="device">This trainer's GPU, by CUDA's count.</param>
    /// <param name="patience">For the GPUs to find each other.</param>
    /// <param name="deadline">How long a peer may be silent in an exchange.</param>
    /// <param name="report">Told, for a person, what is used and why.</param>
    public static IGradientExchange Join(PeerExchange peers, GpuTransport transport, int device, TimeSpan patience, Func<TimeSpan> deadline, Action<string> report) =>
        NcclExchange.Join(peers, transport, device, transport == GpuTransport.Tcp ? new(null, null, "") : NcclLibraries.This, patience, deadline, report);
}
