using System.Globalization;
using System.Text.RegularExpressions;

namespace ActorTrainer.Core.Experiments;

/// <summary>An experiment's name: also its folder below the runs folder and its persistence id in the journal.</summary>
public readonly partial record struct ExperimentName
{
    public ExperimentName(string value) =>
        Value = IsValid(value) ? value : throw new ArgumentException($"'{value}' is not an experiment name: {Rule}.", nameof(value));

    public const string Rule = "a lower-case letter or digit, then up to 63 of a-z 0-9 . _ -; not 'journal...'";

    public string Value { get; }

    public static bool IsValid(string? value) =>
        value is not null && Pattern().IsMatch(value) && !value.StartsWith("journal", StringComparison.Ordinal);

    public override string ToString() => Value;

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9._-]{0,63}\z")]
    private static partial Regex Pattern();
}

/// <summary>How many optimizer steps have been applied since the experiment began; 0 is the initial state. Global over all phases.</summary>
public readonly record struct StepNumber(long Value) : IComparable<StepNumber>
{
    public static StepNumber Zero => new(0);
    public StepNumber Next => new(Value + 1);
    public int CompareTo(StepNumber other) => Value.CompareTo(other.Value);
    public static bool operator <(StepNumber a, StepNumber b) => a.Value < b.Value;
    public static bool operator >(StepNumber a, StepNumber b) => a.Value > b.Value;
    public static bool operator <=(StepNumber a, StepNumber b) => a.Value <= b.Value;
    public static bool operator >=(StepNumber a, StepNumber b) => a.Value >= b.Value;
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>The number of one placement of shards on trainers. Journalled before it trains; what comes from an older one is dropped.</summary>
public readonly record struct Generation(int Value) : IComparable<Generation>
{
    public static Generation None => new(0);
    public Generation Next => new(Value + 1);
    public int CompareTo(Generation other) => Value.CompareTo(other.Value);
    public static bool operator <(Generation a, Generation b) => a.Value < b.Value;
    public static bool operator >(Generation a, Generation b) => a.Value > b.Value;
    public static bool operator <=(Generation a, Generation b) => a.Value <= b.Value;
    public static bool operator >=(Generation a, Generation b) => a.Value >= b.Value;
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>One checkpoint: the generation that wrote it and the step it holds. Its folder is <c>&lt;generation&gt;-&lt;step&gt;</c>.</summary>
public readonly record struct CheckpointId(Generation Generation, StepNumber Step) : IComparable<CheckpointId>
{
    /// <summary>By step, then by generation: the newest checkpoint is the greatest.</summary>
    public int CompareTo(CheckpointId other) =>
        Step.CompareTo(other.Step) is var byStep and not 0 ? byStep : Generation.CompareTo(other.Generation);

    public override string ToString() => $"{Generation}-{Step}";

    public static bool TryParse(string text, out CheckpointId id)
    {
        id = default;
        int dash = text.IndexOf('-', StringComparison.Ordinal);
        if (dash <= 0
            || !int.TryParse(text.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out int generation)
            || !long.TryParse(text.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out long step))
        {
            return false;
        }

        id = new(new(generation), new(step));
        return id.ToString() == text;
    }
}
