using static TorchSharp.torch;

namespace ActorTrainer.Torch.Training;

/// <summary>
/// Cuts a graph in two, for a way back that stops in between: what is behind goes on from a leaf with the same values, whose gradient then goes on into what is
/// before. The same operations on the same numbers as without it.
/// </summary>
/// <param name="before">The end of the part that comes first.</param>
internal sealed class Seam(Tensor before)
{
    /// <summary>What the second part takes; it may not change it.</summary>
    public Tensor Behind { get; } = before.detach().requires_grad_(true);

    /// <summary>When the way back has come to the seam: the rest of it.</summary>
    public void GoOn()
    {
        if (Behind.grad is { } gradient) before.backward([gradient]);
    }
}
