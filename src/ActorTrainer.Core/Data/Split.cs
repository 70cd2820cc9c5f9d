using System.Collections.Immutable;
using ActorTrainer.Core.Randomness;

namespace ActorTrainer.Core.Data;

/// <summary>Training and validation samples of one manifest, drawn by seed, class by class: a pure function of (seed, manifest, share).</summary>
public static class Split
{
    /// <summary>
    /// From each class round(share x count) samples, at least one where the class has two, become validation. Numbers ascend in both parts.
    /// </summary>
    public static (ImmutableArray<int> Train, ImmutableArray<int> Validation) ByShare(DataManifest manifest, double share, ulong seed)
    {
        var validation = new HashSet<int>();
        var byClass = manifest.Samples.Select((sample, index) => (sample.Class, index)).GroupBy(pair => pair.Class, pair => pair.index);
        foreach (var group in byClass)
        {
            int[] members = [.. group];
            int wanted = Math.Clamp((int)Math.Round(share * members.Length, MidpointRounding.AwayFromZero), members.Length > 1 ? 1 : 0, members.Length - 1);
            var order = new Permutation(seed, RandomPurpose.Split, (ulong)group.Key, members.Length);
            for (int i = 0; i < wanted; i++) validation.Add(members[order[i]]);
        }

        var all = Enumerable.Range(0, manifest.Samples.Length);
        return ([.. all.Where(i => !validation.Contains(i))], [.. all.Where(validation.Contains)]);
    }
}
