namespace ActorTrainer.Transport.Gradients.Gpu;

/// <summary>How vectors of GPUs move between trainers. Whichever it is, the sums and their bits are the same.</summary>
public enum GpuTransport
{
    /// <summary>NCCL where every trainer of a generation has it and a GPU of its own; else as CPUs' do.</summary>
    Auto,

    /// <summary>Through host memory, as vectors of CPUs.</summary>
    Tcp,

    /// <summary>NCCL, or not at all.</summary>
    Nccl,
}
