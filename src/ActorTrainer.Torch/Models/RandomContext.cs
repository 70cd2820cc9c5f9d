namespace ActorTrainer.Torch.Models;

/// <summary>
/// The coordinates that random modules draw from. The session sets them before each forward pass; nothing else may make a mask differ.
/// </summary>
public sealed class RandomContext
{
    public ulong Seed { get; private set; }
    /// <summary>The number the step will have when applied.</summary>
    public long Step { get; private set; }
    /// <summary>The logical shard.</summary>
    public int Shard { get; private set; }

    public void Set(ulong seed, long step, int shard) => (Seed, Step, Shard) = (seed, step, shard);
}

/// <summary>What modules share while a model is built: where randomness comes from, and a number for each random module.</summary>
public sealed class ModulesContext(RandomContext random)
{
    private int _random;

    public RandomContext Random { get; } = random;

    /// <summary>Numbers random modules in the order they are built, so that their masks differ.</summary>
    public int NextRandomModule() => _random++;
}
