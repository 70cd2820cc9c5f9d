namespace ActorTrainer.Transport.Gradients.Wire;

/// <summary>Memory that sender and receiver both see, in slots of one size.</summary>
internal interface ISlots : IDisposable
{
    int SlotBytes { get; }
    int Slots { get; }
    Memory<byte> this[int slot] { get; }
}

/// <summary>Within one process: an array, which lives as long as one of the two holds it. So no trainer ever reads what another has freed.</summary>
internal sealed class ProcessSlots(int slotBytes, int slots) : ISlots
{
    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(slotBytes * slots, pinned: true);

    public int SlotBytes => slotBytes;
    public int Slots => slots;
    public Memory<byte> this[int slot] => _bytes.AsMemory(slot * slotBytes, slotBytes);

    public void Dispose()
    {
    }
}
