namespace ActorTrainer.Core.Training;

/// <summary>
/// How long a trainer waits for a silent peer: ten seconds, or five times the slowest of the last twenty steps where that is more. Progress is
/// what counts, not life; a peer that computes has as long as the slowest step gives reason to expect.
/// </summary>
public sealed class StepDeadline
{
    private const int Remembered = 20;
    private const int Patience = 5;
    private readonly TimeSpan[] _last = new TimeSpan[Remembered];
    private long _steps;

    /// <summary>However quick the steps are.</summary>
    public static TimeSpan Usual { get; } = TimeSpan.FromSeconds(10);

    /// <summary>What it is at the least: more than <see cref="Usual"/> while peers do what is no step.</summary>
    public TimeSpan Least { get; set; } = Usual;

    public TimeSpan Current => _last.Max() * Patience is var slow && slow > Least ? slow : Least;

    /// <param name="step">The whole step: computing, exchange, update.</param>
    public void Record(TimeSpan step) => _last[_steps++ % Remembered] = step;
}
