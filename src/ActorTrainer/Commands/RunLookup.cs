using System.Collections.Immutable;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Hosting;
using ActorTrainer.Journal;

namespace ActorTrainer.Commands;

/// <summary>The runs that a command was pointed at, with a helpful answer where there is none.</summary>
internal sealed class RunLookup(RunsFolder runs)
{
    public RunsFolder Runs { get; } = runs;
    public RunJournal Journal { get; } = new(runs);

    public static RunLookup In(string? runsOption) => new(RunsFolder.Choose(runsOption));

    public RunEntry Find(string name) => Find(CommonOptions.ParseName(name));

    public RunEntry Find(ExperimentName name) => Journal.Load(name) is { } experiment ? new(name, experiment) : throw NotThere(name);

    /// <summary>The checkpoint that was asked for, read; <paramref name="byItself"/> where only a run was named.</summary>
    public ChosenCheckpoint FindCheckpoint(string reference, CheckpointChoice byItself)
    {
        var parsed = ParseReference(reference);
        return new RunWeights(Runs).Choose(parsed.Name, parsed.Choice ?? byItself) ?? throw NotThere(parsed.Name);
    }

    private static CheckpointReference ParseReference(string text)
    {
        try
        {
            return CheckpointReference.Parse(text);
        }
        catch (FormatException e)
        {
            throw new UsageException(e.Message);
        }
    }

    private UsageException NotThere(ExperimentName name)
    {
        ImmutableArray<string> names = [.. Journal.All().Select(run => run.Name.Value)];
        string there = names.IsEmpty ? "there are no runs there yet"
            : Spelling.Nearest(name.Value, names) is { } nearest ? $"did you mean '{nearest}'?"
            : $"there are: {string.Join(", ", names.Take(20))}{(names.Length > 20 ? ", ..." : "")}";
        return new($"There is no run '{name}' in {Runs.Path}; {there}{(there.EndsWith('?') ? "" : ".")}");
    }
}
