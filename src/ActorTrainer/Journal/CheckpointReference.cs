using System.Globalization;
using ActorTrainer.Core.Experiments;

namespace ActorTrainer.Journal;

/// <summary>Which checkpoint of which run: <c>NAME</c>, <c>NAME@STEP</c>, <c>NAME@best</c> or <c>NAME@last</c>.</summary>
/// <param name="Choice">Null: what the command takes by itself.</param>
public sealed record CheckpointReference(ExperimentName Name, CheckpointChoice? Choice)
{
    /// <summary>Throws <see cref="FormatException"/> with a message for a person.</summary>
    public static CheckpointReference Parse(string text)
    {
        int at = text.IndexOf('@', StringComparison.Ordinal);
        string name = at < 0 ? text : text[..at];
        if (!ExperimentName.IsValid(name)) throw new FormatException($"'{name}' is not a run's name: {ExperimentName.Rule}.");
        return new(new(name), at < 0 ? null : CheckpointChoice.Parse(text[(at + 1)..]));
    }

    public override string ToString() => Choice is null ? Name.Value : $"{Name}@{Choice}";
}

/// <summary>A step, the best, or the newest.</summary>
public abstract record CheckpointChoice
{
    public static CheckpointChoice Best { get; } = new BestOne();
    public static CheckpointChoice Last { get; } = new LastOne();

    public static CheckpointChoice Parse(string text) => text switch
    {
        "best" => Best,
        "last" => Last,
        _ when long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long step) => new AtStep(new(step)),
        _ => throw new FormatException($"'@{text}' chooses no checkpoint: @STEP (a number), @best or @last is needed."),
    };

    /// <summary>The checkpoint chosen; throws <see cref="CheckpointNotFoundException"/>, naming those that are there.</summary>
    public abstract CommittedCheckpoint Of(Experiment experiment);

    private static CheckpointNotFoundException Missing(Experiment experiment, string what) => new(
        $"'{experiment.Definition.Name}' has {what}; " + (experiment.Checkpoints.IsEmpty
            ? "nothing is committed yet."
            : $"it has checkpoints at step {string.Join(", ", experiment.Checkpoints.Select(c => c.Id.Step))}."));

    private sealed record BestOne : CheckpointChoice
    {
        public override CommittedCheckpoint Of(Experiment experiment) => experiment.Best ?? throw Missing(experiment, "no best checkpoint yet");
        public override string ToString() => "best";
    }

    private sealed record LastOne : CheckpointChoice
    {
        public override CommittedCheckpoint Of(Experiment experiment) => experiment.Newest ?? throw Missing(experiment, "no checkpoint yet");
        public override string ToString() => "last";
    }

    private sealed record AtStep(StepNumber Step) : CheckpointChoice
    {
        /// <summary>Two generations may hold one step: the newer one counts.</summary>
        public override CommittedCheckpoint Of(Experiment experiment) =>
            experiment.Checkpoints.LastOrDefault(c => c.Id.Step == Step) ?? throw Missing(experiment, $"no checkpoint at step {Step}");
        public override string ToString() => Step.ToString();
    }
}

/// <summary>No such checkpoint. The message is for a person and says which there are.</summary>
public sealed class CheckpointNotFoundException(string message) : Exception(message);
