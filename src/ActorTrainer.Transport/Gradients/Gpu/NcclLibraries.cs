namespace ActorTrainer.Transport.Gradients.Gpu;

/// <summary>What a process has for GPUs to talk by.</summary>
/// <param name="Reason">Why it can't be used, for a person; null: both are there.</param>
internal sealed record NcclLibraries(INccl? Nccl, ICuda? Cuda, string? Reason)
{
    private static readonly Lazy<NcclLibraries> OfProcess = new(Load);

    /// <summary>Looked up once.</summary>
    public static NcclLibraries This => OfProcess.Value;

    /// <summary>What is there, with its version; or why not.</summary>
    public string Text => Reason ?? $"NCCL {NcclLibrary.TextOfVersion((Nccl as NcclLibrary)?.Version ?? 0)}";

    /// <summary>What this trainer tells the others.</summary>
    public NcclWord WordOf(int rank, int device)
    {
        try
        {
            return Reason is not null ? new(Reason, default, default) : new("", Cuda!.IdOf(device), rank == 0 ? Nccl!.NewId() : default);
        }
        catch (InvalidOperationException e)
        {
            return new(e.Message, default, default);
        }
    }

    private static NcclLibraries Load()
    {
        var cuda = CudaDriver.Load(out string? noDriver);
        if (cuda is null) return new(null, null, noDriver);
        var nccl = NcclLibrary.Load(out string? noNccl);
        return new(nccl, cuda, noNccl);
    }
}
