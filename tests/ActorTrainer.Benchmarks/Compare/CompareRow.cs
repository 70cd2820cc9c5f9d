using System.Collections.Immutable;

namespace ActorTrainer.Benchmarks.Compare;

/// <summary>What one turn gave for a line of the table.</summary>
/// <param name="Here">In the line's unit.</param>
/// <param name="Beside">Of the peer, in the same unit; null: there is none, the line has a limit by itself.</param>
/// <param name="Ratio">Of speeds: above 1 the product is faster. Null without a peer.</param>
internal readonly record struct Turn(double Here, double? Beside = null, double? Ratio = null)
{
    public static Turn OfSpeeds(double here, double beside) => new(here, beside, here / beside);

    public static Turn OfTimes(double here, double beside) => new(here, beside, beside / here);
}

/// <param name="Target">For people: what the ratio, or where there is none the value, is to be.</param>
internal sealed record CompareLine(string What, string Unit, string Target);

/// <summary>A group of lines of the table that are measured together.</summary>
/// <param name="Name">As <c>--rows</c> has it.</param>
/// <param name="Commands">What a reader types to see one turn of it.</param>
/// <param name="NeedsPeer">Modules that the peer's Python must have; empty: there is no peer.</param>
/// <param name="TurnAsync">One turn, the product and then the peer: a value a line.</param>
internal sealed record CompareRow(string Name, ImmutableArray<CompareLine> Lines, ImmutableArray<string> Commands, ImmutableArray<string> NeedsPeer, Func<CancellationToken, Task<ImmutableArray<Turn>>> TurnAsync);

/// <summary>A row as it was measured.</summary>
/// <param name="Turns">By turn, then by line.</param>
/// <param name="LeftOut">Why it was not measured, for people; null: it was.</param>
internal sealed record MeasuredRow(CompareRow Row, ImmutableArray<ImmutableArray<Turn>> Turns, string? LeftOut);
