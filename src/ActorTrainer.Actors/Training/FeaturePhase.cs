using System.Collections.Immutable;
using ActorTrainer.Core.Data;

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

    public bool IsReady(int variant) => _ready.Contains(variant);

    public void Begin(int variant) => Start(variant, isTogether: true);

    public void Repair(int variant) => Start(variant, isTogether: false);

    public void Keep(FeatureBlock block, HostBatch pictures, ReadOnlyMemory<byte> features)
    {
        source.Keep(block, pictures, features);
        Computed++;
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
