namespace ActorTrainer.Serving;

/// <summary>Until when somebody waits for an answer.</summary>
internal readonly record struct Deadline(TimeProvider Time, long Began, TimeSpan Patience)
{
    public static Deadline In(TimeSpan patience, TimeProvider time) => new(time, time.GetTimestamp(), patience);

    /// <param name="patience">Counted from the same moment; null: it stays as it is.</param>
    public Deadline Sooner(TimeSpan? patience) => patience < Patience ? this with { Patience = patience.Value } : this;

    /// <summary>Zero: it is over.</summary>
    public TimeSpan Left => Patience - Time.GetElapsedTime(Began) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;
}
