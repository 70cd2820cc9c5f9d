using System.Collections.Immutable;
using System.Text.Json;

namespace ActorTrainer.Client;

/// <summary>What has come of an experiment at one look, steps and events each in order. The first look at one gives all its events, and of its steps the last alone.</summary>
/// <param name="Position">Where it ends: from here the stream can be gone on with, at any gateway.</param>
public sealed record ExperimentNews(ImmutableArray<TrainingStep> Steps, ImmutableArray<ExperimentEvent> Events, string Position)
{
    public bool IsEmpty => Steps.IsEmpty && Events.IsEmpty;
}

/// <summary>Something that has happened to an experiment, as its journal has it.</summary>
/// <param name="Sequence">Its number there.</param>
/// <param name="Type">Its name with its version, such as <c>evaluation-recorded.1</c>.</param>
/// <param name="Data">What belongs to it, with <c>at</c>, the time.</param>
public sealed record ExperimentEvent(long Sequence, string Type, JsonElement Data)
{
    /// <summary>Nothing more comes by itself: it is completed, paused, failed or cancelled.</summary>
    public bool IsEnd => Type is "experiment-completed.1" or "experiment-paused.1" or "experiment-failed.1" or "experiment-cancelled.1";
}
