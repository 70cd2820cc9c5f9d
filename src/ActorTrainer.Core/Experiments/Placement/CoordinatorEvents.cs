using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json;

namespace ActorTrainer.Core.Experiments.Placement;

/// <summary>What a coordinator keeps in its own journal: which experiments are its business. All else about them is in theirs.</summary>
public interface ICoordinatorEvent;

public static class CoordinatorEvents
{
    /// <summary>Submitted and checked, or taken up again.</summary>
    /// <param name="Ends"><see cref="Experiment.Ends"/> when it was admitted; null: written by a version that did not know.</param>
    public sealed record ExperimentAdmitted(ExperimentDefinition Definition, int Priority, DateTimeOffset At, int? Ends = null) : ICoordinatorEvent
    {
        /// <summary>Whether it has ended or been paused since, by its own journal.</summary>
        public bool HasEndedSince(Experiment? now) => now?.Ends > Ends;
    }

    /// <summary>It has ended, one way or another, or is paused.</summary>
    public sealed record ExperimentLeft(ExperimentName Experiment, DateTimeOffset At) : ICoordinatorEvent;

    private static readonly FrozenDictionary<string, Type> Types = new Dictionary<string, Type>
    {
        ["experiment-admitted.1"] = typeof(ExperimentAdmitted),
        ["experiment-left.1"] = typeof(ExperimentLeft),
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<Type, string> Names = Types.ToFrozenDictionary(pair => pair.Value, pair => pair.Key);

    public static string Manifest(ICoordinatorEvent happened) => Names[happened.GetType()];

    public static byte[] Write(ICoordinatorEvent happened) => JsonSerializer.SerializeToUtf8Bytes(happened, happened.GetType(), CoreJson.Options);

    /// <summary>Throws <see cref="FormatException"/>.</summary>
    public static ICoordinatorEvent Read(string manifest, ReadOnlySpan<byte> json)
    {
        if (!Types.TryGetValue(manifest, out var type)) throw new FormatException($"The journal holds an event '{manifest}' that this version does not know.");
        try
        {
            return (ICoordinatorEvent)(JsonSerializer.Deserialize(json, type, CoreJson.Options) ?? throw new FormatException($"An event '{manifest}' is null."));
        }
        catch (JsonException e)
        {
            throw new FormatException($"An event '{manifest}' can't be read: {e.Message}", e);
        }
    }
}

/// <summary>The fold of a coordinator's events: what is admitted and has not left.</summary>
public sealed record Admissions
{
    public static Admissions None { get; } = new();

    public ImmutableDictionary<ExperimentName, CoordinatorEvents.ExperimentAdmitted> Admitted { get; private init; } =
        ImmutableDictionary<ExperimentName, CoordinatorEvents.ExperimentAdmitted>.Empty;

    public Admissions Apply(ICoordinatorEvent happened) => happened switch
    {
        CoordinatorEvents.ExperimentAdmitted e => this with { Admitted = Admitted.SetItem(e.Definition.Name, e) },
        CoordinatorEvents.ExperimentLeft e => this with { Admitted = Admitted.Remove(e.Experiment) },
        _ => throw new InvalidOperationException($"The coordinator does not know the event {happened.GetType().Name}."),
    };
}
