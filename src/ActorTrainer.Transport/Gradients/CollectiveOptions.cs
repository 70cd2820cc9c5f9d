using ActorTrainer.Transport.Gradients.Gpu;

namespace ActorTrainer.Transport.Gradients;

/// <summary>What a listener offers beyond TCP. Each is used where both sides have it.</summary>
/// <param name="UnixSockets">Between processes of one host; on Linux.</param>
/// <param name="SharedMemory">For vectors between processes of one host that see each other's memory: over Unix sockets only.</param>
/// <param name="Tls">Around TCP; both sides or none.</param>
/// <param name="InProcess">Between trainers of one process, without a socket.</param>
/// <param name="Gpus">How vectors move that stand on GPUs.</param>
public sealed record CollectiveOptions(bool UnixSockets = true, bool SharedMemory = true, CollectiveTls? Tls = null, bool InProcess = true, GpuTransport Gpus = GpuTransport.Auto);
