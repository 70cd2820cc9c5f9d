using System.Collections.Immutable;
using ActorTrainer.Actors.Data;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Actors.Training;

/// <summary>
/// A phase on features through one generation, as one trainer has it: which variants it has seen to, and which it is seeing to.
/// <code>
///   (not ready) --Begin--> blocks are loaded and computed --End--> ready --Repair--> blocks are loaded and computed --End--> ready
/// </code>
/// What is not ready is seen to by all trainers together, block by block; what has gone since (others' features pushed it out, or its file is damaged) by
/// the one that misses it.
/// </summary>
internal sealed class FeaturePhase(int phase, IFeatureSource source) : IDisposable
{
    private ImmutableHashSet<int> _ready = [];

    public int Phase => phase;
    public IFeatureSource Source => source;

    /// <summary>The variant that is being seen to; null: none.</summary>
    public int? Variant { get; private set; }

    /// <summary>Whether all trainers see to it now, and wait for each other.</summary>
    public bool IsTogether { get; private set; }

    /// <summary>Whether the pictures of all blocks that are missing have been loaded.</summary>
    public bool IsLoaded { get; set; }

    /// <summary>Blocks that were computed here, of this variant.</summary>
    public int Computed { get; private set; }

    /// <summary>Whether a step that takes this variant has to wait.</summary>
    public bool HoldsBack(int variant) => Variant is not null || !_ready.Contains(variant);

    public void Begin(int variant) => Start(variant, isTogether: true);

    public void Repair(int variant) => Start(variant, isTogether: false);

    /// <summary>The pictures of the variant's blocks. Trainers begin at different ones: those of one machine find each other's in the cache.</summary>
    public BlockSequence Pictures(IBatchSource pictures, Team team) =>
        new(source, pictures, Variant!.Value, (int)((long)source.Blocks.Count * team.Rank / team.Members.Length));

    /// <summary>Puts a block through the backbone, if nobody has in the meantime. On the device's thread.</summary>
    public FeatureBlock Compute(ITrainSession session, StepClock clock, HostBatch pictures)
    {
        var block = new FeatureBlock(pictures.Request.Epoch, (int)pictures.Request.Sequence);
        if (source.Has(block)) return block;
        byte[] rows = clock.Computing(() => session.Features(pictures), pictures.DecodeTime);
        Failpoint.Hit(Failpoints.FeaturesComputed);
        source.Keep(block, pictures, rows);
        Computed++;
        return block;
    }

    /// <summary>
    /// Where all see to it together: says what is left here, and hears whether all are done and what anybody wants, so that nobody waits for a step longer than
    /// a step takes, and a stop is heard. Throws <see cref="ExchangeFailedException"/>.
    /// </summary>
    public static (bool IsDone, StepRequest Request) Agree(IGradientExchange exchange, bool isDoneHere, StepRequest request)
    {
        var all = exchange.Agree(new(0, Weight: isDoneHere ? 0 : 1, 0, 0, request));
        return (all.Weight == 0, all.Request);
    }

    public void End()
    {
        _ready = _ready.Add(Variant ?? throw new InvalidOperationException("No variant is being seen to."));
        Variant = null;
    }

    /// <summary>Where batches of a variant come from as it stands now, for any thread; null: it is not ready.</summary>
    public Func<int, IBatchSource?> Ready()
    {
        var (ready, features) = (_ready, source);
        return variant => ready.Contains(variant) ? features : null;
    }

    public void Dispose() => source.Dispose();

    private void Start(int variant, bool isTogether)
    {
        _ready = _ready.Remove(variant);
        (Variant, IsTogether, IsLoaded, Computed) = (variant, isTogether, false, 0);
    }
}
