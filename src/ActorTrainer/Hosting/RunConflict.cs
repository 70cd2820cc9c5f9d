using System.Text;
using ActorTrainer.Core.Experiments;

namespace ActorTrainer.Hosting;

/// <summary>An earlier run of the same name that this file and these data would not have given. The message lists every difference and the ways on.</summary>
internal sealed class RunConflictException(string message) : Exception(message);

internal static class RunConflict
{
    /// <summary>Throws <see cref="RunConflictException"/> where going on would change what the result depends on.</summary>
    /// <param name="acceptMachine">Go on although the numerics fingerprint differs.</param>
    public static void Check(ExperimentDefinition earlier, ExperimentDefinition now, string file, bool acceptMachine)
    {
        string[] differences = [.. Settings(earlier, now), .. Data(earlier, now)];
        if (differences.Length > 0)
        {
            throw new RunConflictException(new StringBuilder()
                .AppendLine($"A run '{earlier.Name}' is there already, with another configuration or other data:")
                .AppendJoin(Environment.NewLine, differences.Select(line => "  " + line)).AppendLine()
                .AppendLine("Ways on:")
                .AppendLine("  restore the file or the data, and the run goes on")
                .AppendLine($"  actortrainer run {file} --set experiment.name=ANOTHER-NAME")
                .AppendLine($"  actortrainer run {file} --fresh    (sets the earlier run aside, deletes nothing; in a script with --yes)")
                .Append($"  actortrainer run {file} --from {earlier.Name} --set experiment.name=ANOTHER-NAME    (begins from its weights)").ToString());
        }

        if (earlier.Fingerprint != now.Fingerprint && !acceptMachine)
        {
            throw new RunConflictException(
                $"The run '{earlier.Name}' was begun on a machine that computes other bits (fingerprint {earlier.Fingerprint[..12]}, here {now.Fingerprint[..12]}): " +
                $"its device, thread count, instruction set or library version differs. Go on there, or accept that the result is no longer that of one kind of machine: " +
                $"actortrainer run {file} --accept-machine");
        }
    }

    private static IEnumerable<string> Settings(ExperimentDefinition earlier, ExperimentDefinition now) => earlier.ConfigurationHash == now.ConfigurationHash
        ? []
        : SettingChanges.Between(earlier.Settings, now.Settings).Where(change => now.ResultKeys.Contains(change.Key) || earlier.ResultKeys.Contains(change.Key))
            .Select(change => $"{change.Key}: {change.Old ?? "(not set)"} -> {change.New ?? "(not set)"}");

    private static IEnumerable<string> Data(ExperimentDefinition earlier, ExperimentDefinition now)
    {
        foreach (var (old, current) in earlier.Phases.Zip(now.Phases))
        {
            foreach (var (role, was, isNow) in new[] { ("training", old.Train, current.Train), ("validation", old.Validation, current.Validation), ("test", old.Test, current.Test) })
            {
                if (was?.ManifestHash != isNow?.ManifestHash)
                    yield return $"{role} data of phase '{current.Name}': {Describe(was)} -> {Describe(isNow)}";
            }
        }

        if (earlier.PretrainedHash != now.PretrainedHash)
            yield return $"pretrained weights: {Short(earlier.PretrainedHash)} -> {Short(now.PretrainedHash)}";
    }

    private static string Describe(DataIdentity? data) => data is null ? "none" : $"{data.Samples} samples, content {data.ManifestHash[..12]} ({data.Location})";

    private static string Short(string? hash) => hash is null ? "none" : hash.Length > 40 ? hash[..12] : hash;
}
