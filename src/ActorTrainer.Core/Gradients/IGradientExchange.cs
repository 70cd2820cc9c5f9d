using ActorTrainer.Core.Training;

namespace ActorTrainer.Core.Gradients;

/// <summary>
/// What one subtree of shards adds up to: gradients (in the master precision, or bf16) followed by weighted batch-norm statistics in the master precision, and
/// an fp64 tail of loss and metric sums. <see cref="Values"/> is the session's own memory, valid until the step is applied or discarded.
/// </summary>
public sealed record GradientSum(Subtree At, Memory<byte> Values, StepTail Tail)
{
    /// <summary>Where gradients are in bf16: how many bytes of them there are, a multiple of 4; the statistics behind them are in fp32. Null: all numbers are of one type.</summary>
    public int? GradientBytes { get; init; }
}

/// <summary>Sums that ride along with the gradients in fp64, and the latest planned stop.</summary>
/// <param name="Loss">Sum of weighted sample losses (not yet divided).</param>
/// <param name="Weight">Sum of sample weights.</param>
/// <param name="Correct">Samples of positive weight whose top-1 was right.</param>
/// <param name="Samples">Samples of positive weight.</param>
/// <param name="Request">The greatest request of all trainers; see <see cref="StepRequest"/>.</param>
public readonly record struct StepTail(double Loss, double Weight, double Correct, double Samples, StepRequest Request)
{
    public static StepTail operator +(StepTail a, StepTail b) =>
        new(a.Loss + b.Loss, a.Weight + b.Weight, a.Correct + b.Correct, a.Samples + b.Samples, (StepRequest)Math.Max((int)a.Request, (int)b.Request));
}

/// <summary>Planned stops ride in the exchange: the maximum over the trainers is what all do after this step.</summary>
public enum StepRequest { None = 0, CheckpointAndRegroup = 1, CheckpointAndStop = 2 }

/// <summary>Adds the subtrees of all trainers along the fixed tree, so that every trainer ends with the same bits, whatever their number.</summary>
public interface IGradientExchange
{
    /// <summary>Whether bytes travel for so long that it pays to give some of them out early. The same on all trainers.</summary>
    bool IsFar => false;

    /// <summary>
    /// Adds up a part of the vectors while the caller computes the rest of them. The part's bytes are the exchange's until <see cref="Exchange"/>, given the same
    /// vectors, has added up what is left; it throws what went wrong here. All trainers call it at the same steps for the same part.
    /// </summary>
    /// <exception cref="NotSupportedException">It is not far.</exception>
    void Begin(EarlySums early) => throw new NotSupportedException("This exchange takes vectors as a whole.");

    /// <summary>Blocks until the sum over all shards is there. Throws where the exchange fails; nothing has changed then.</summary>
    GradientSum Exchange(IReadOnlyList<GradientSum> own);

    /// <summary>
    /// All trainers call it together, between steps: the sum of what they say. A peer has minutes to come to it, not the deadline of a step. Blocks and throws
    /// as <see cref="Exchange"/> does.
    /// </summary>
    StepTail Agree(StepTail own);

    /// <summary>
    /// All trainers call it together: those without the state get it from the one that gives it. Returns the own state, or the received one, whose hash
    /// is the team's. Throws as <see cref="Exchange"/> does.
    /// </summary>
    /// <param name="from">The rank that gives it.</param>
    /// <param name="own">Null: not here.</param>
    TrainingState Share(int from, TrainingState? own);
}

/// <summary>One trainer owns all shards: its sum is the sum.</summary>
public sealed class LocalExchange : IGradientExchange
{
    public GradientSum Exchange(IReadOnlyList<GradientSum> own) =>
        own.Count == 1 ? own[0] : throw new InvalidOperationException("A local exchange needs the one sum over all shards.");

    public StepTail Agree(StepTail own) => own;

    public TrainingState Share(int from, TrainingState? own) => own ?? throw new InvalidOperationException("There is nobody to get the state from.");
}
