using ActorTrainer.Core.Randomness;

namespace ActorTrainer.EndToEnd.Tests.Processes;

/// <summary>A workshop whose tiny.conf trains all for two epochs, then the head alone for four, on two variants of features in blocks of 32.</summary>
internal sealed class FeatureWorkshop : Workshop
{
    public FeatureWorkshop() => Write("tiny.conf", TinyExperiment(Digits).Replace("phases = [ { epochs = 4 } ]",
        "phases = [ { name = all, epochs = 2 }, { name = head, epochs = 4, trainable = [head], batch-norm = frozen, features { variants = 2, block-size = 32 } } ]", StringComparison.Ordinal));

    /// <summary>Where its programs keep features.</summary>
    public string Cache => Path.Combine(Folder, ".cache", "actortrainer", "features");

    public IReadOnlyList<string> Blocks => Directory.Exists(Cache) ? [.. Directory.EnumerateFiles(Cache, "*-*", SearchOption.AllDirectories)] : [];

    /// <summary>Deletes blocks at random, a few every few milliseconds. Returns how many.</summary>
    public async Task<int> EvictUntilAsync(Func<bool> isOver)
    {
        var random = new RandomStream((ulong)Environment.TickCount64, RandomPurpose.Test, 0, 0);
        int evicted = 0;
        while (!isOver())
        {
            var blocks = Blocks;
            for (int i = 0; i < 3 && blocks.Count > 0; i++)
            {
                File.Delete(blocks[random.NextInt32(blocks.Count)]);
                evicted++;
            }

            await Task.Delay(random.NextInt32(40));
        }

        return evicted;
    }
}
