using System.Collections.Immutable;
using ActorTrainer.Actors.Journal;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Training;
using ActorTrainer.Hosting;
using ActorTrainer.Transport.Training;

namespace ActorTrainer.Journal;

/// <summary>How far somebody has followed a run: the last event's place in the journal, and the last step. Its text is an event's id in a stream.</summary>
internal readonly record struct RunPosition(long Sequence, StepNumber Step)
{
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Sequence}.{Step.Value}");

    public static bool TryParse(string? text, out RunPosition position)
    {
        position = default;
        string[] parts = text?.Split('.') ?? [];
        if (parts.Length != 2 || !Number(parts[0], out long sequence) || !Number(parts[1], out long step)) return false;
        position = new(sequence, new(step));
        return true;

        static bool Number(string part, out long value) =>
            long.TryParse(part, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out value);
    }
}

/// <summary>What has come since the last look, steps and events each in order.</summary>
internal sealed record RunNews(ImmutableArray<JournalEntry> Events, ImmutableArray<StepRecord> Steps)
{
    public bool IsEmpty => Events.IsEmpty && Steps.IsEmpty;
}

/// <summary>
/// A run as it comes, read from journal and metrics.jsonl by whoever asks, from a position on. The first look at a run from its beginning gives all
/// events and the latest step alone.
/// </summary>
internal sealed class RunFeed(RunsFolder runs, ExperimentName name, RunPosition position = default)
{
    private readonly RunJournal _journal = new(runs);
    private readonly RunFolder _folder = runs[name];

    public RunPosition Position { get; private set; } = position;

    public JournalException Gone() => new($"'{name}' is no longer in {_journal.Location}.");

    public RunNews Next()
    {
        // Events are read before steps, and told after them: an event speaks of steps that its hearer then knows.
        var events = _journal.History(name, Position.Sequence);
        ImmutableArray<StepRecord> steps = Position.Sequence > 0 ? [.. StepLog.Read(_folder.Metrics, after: Position.Step)]
            : StepLog.ReadLast(_folder.Metrics) is { } last ? [last] : [];
        Position = new(events.IsEmpty ? Position.Sequence : events[^1].SequenceNumber, steps.IsEmpty ? Position.Step : steps[^1].Step);
        return new(events, steps);
    }
}
