using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;

namespace ActorTrainer.Core.Experiments;

/// <summary>
/// Where tests kill the process: <c>ACTORTRAINER_FAILPOINT=name#hit</c> (several with commas; no <c>#hit</c>: the first) ends it by SIGKILL at that
/// hit of that name, so that nothing is flushed and nothing is said. Unset, a failpoint costs one comparison.
/// </summary>
public static class Failpoint
{
    public const string Variable = "ACTORTRAINER_FAILPOINT";

    private static readonly FailpointPlan? Plan =
        Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } text ? FailpointPlan.Parse(text) : null;

    public static void Hit(string name)
    {
        if (Plan is not null && Plan.IsDue(name)) Die();
    }

    private static void Die()
    {
        using var self = Process.GetCurrentProcess();
        self.Kill();        // SIGKILL on Unix, TerminateProcess on Windows: no handler, no finally, no flush
        Environment.FailFast("killed by a failpoint");
    }
}

/// <summary>The failpoints there are, in the order in which a run meets them.</summary>
public static class Failpoints
{
    /// <summary>A block of features is computed, and in no file.</summary>
    public const string FeaturesComputed = "features.computed";
    /// <summary>A block of features is written under its temporary name.</summary>
    public const string FeaturesWritten = "features.written";
    /// <summary>A shard's forward pass is done: batch norm's scratch statistics have moved, there is no gradient.</summary>
    public const string StepForward = "step.forward";
    /// <summary>Forward and backward are done, nothing is exchanged.</summary>
    public const string StepComputed = "step.computed";
    /// <summary>The sum over all shards is there, nothing has changed.</summary>
    public const string StepExchanged = "step.exchanged";
    /// <summary>Weights and optimizer state have switched, statistics have not.</summary>
    public const string StepSwitching = "step.switching";
    /// <summary>Weights, statistics and optimizer state have switched; the step is in no file.</summary>
    public const string StepApplied = "step.applied";
    /// <summary>An epoch's last step is applied, its checkpoint not begun.</summary>
    public const string EpochEnded = "epoch.ended";
    /// <summary>The temporary folder is there and empty.</summary>
    public const string CheckpointBegun = "checkpoint.begun";
    /// <summary>Weights are written, optimizer state and manifest are not.</summary>
    public const string CheckpointWeightsWritten = "checkpoint.weights-written";
    /// <summary>All files are written and flushed under the temporary name.</summary>
    public const string CheckpointFilesWritten = "checkpoint.files-written";
    /// <summary>The checkpoint has its name; the journal does not know it.</summary>
    public const string CheckpointRenamed = "checkpoint.renamed";
    /// <summary>The journal knows it.</summary>
    public const string CheckpointCommitted = "checkpoint.committed";
    /// <summary>The journal has retired a checkpoint that still has its name.</summary>
    public const string RetireJournalled = "retire.journalled";
    /// <summary>The retired checkpoint is out of sight and still there.</summary>
    public const string RetireRenamed = "retire.renamed";
    /// <summary>A checkpoint is evaluated; the journal does not know the row.</summary>
    public const string EvaluationDone = "evaluation.done";
    /// <summary>The last step is committed; the test set is not evaluated.</summary>
    public const string Finished = "finished";

    public static ImmutableArray<string> All { get; } =
    [
        FeaturesComputed, FeaturesWritten, StepForward, StepComputed, StepExchanged, StepSwitching, StepApplied, EpochEnded, CheckpointBegun, CheckpointWeightsWritten,
        CheckpointFilesWritten, CheckpointRenamed, CheckpointCommitted, RetireJournalled, RetireRenamed, EvaluationDone, Finished,
    ];
}

/// <summary>At which hit of which failpoint the process dies.</summary>
internal sealed class FailpointPlan
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (int Hits, ImmutableHashSet<int> Due)> _byName = new(StringComparer.Ordinal);

    public static FailpointPlan Parse(string text)
    {
        var plan = new FailpointPlan();
        foreach (string part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            int hash = part.IndexOf('#', StringComparison.Ordinal), hit = 1;
            string name = hash < 0 ? part : part[..hash];
            if (hash >= 0 && !int.TryParse(part.AsSpan(hash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out hit) || hit < 1)
                throw new ArgumentException($"{Failpoint.Variable}: '{part}' needs a whole number from 1 after '#'.");
            if (!Failpoints.All.Contains(name))
                throw new ArgumentException($"{Failpoint.Variable}: there is no failpoint '{name}'; there are {string.Join(", ", Failpoints.All)}.");
            var due = plan._byName.TryGetValue(name, out var known) ? known.Due : [];
            plan._byName[name] = (0, due.Add(hit));
        }

        return plan;
    }

    /// <summary>Counts a hit.</summary>
    public bool IsDue(string name)
    {
        lock (_lock)
        {
            if (!_byName.TryGetValue(name, out var point)) return false;
            _byName[name] = point with { Hits = point.Hits + 1 };
            return point.Due.Contains(point.Hits + 1);
        }
    }
}
