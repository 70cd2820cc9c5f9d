using System.Globalization;
using Xunit.Abstractions;

namespace ActorTrainer.Core.Tests.Simulation;

/// <summary>
/// What the cluster promises, under schedules of faults that no test with real processes would meet: one generation at a time commits, no committed
/// step is lost or done twice, who was replaced changes nothing, and when the faults stop the experiment ends with the result of an undisturbed run.
/// <para>
/// A failure names its seed and prints what happened. <c>ACTORTRAINER_SIMULATE=SEED dotnet test tests/ActorTrainer.Core.Tests --filter SimulationSpec</c>
/// plays it again (<c>SEED:COUNT</c>: that many from there on).
/// </para>
/// </summary>
public sealed class SimulationSpec(ITestOutputHelper output)
{
    private const int Schedules = 20_000;
    private const int TraceLines = 400;

    [Fact]
    public void Whatever_goes_wrong_the_run_ends_as_if_nothing_had()
    {
        var (first, count) = Chosen();
        long events = 0;
        int generations = 0;
        var failed = new List<(ulong Seed, string Violation)>();
        for (ulong seed = first; seed < first + (ulong)count && failed.Count < 20; seed++)
        {
            var outcome = Simulation.Run(seed);
            events += outcome.Events;
            generations += outcome.Generations;
            if (outcome.Violation is { } violation) failed.Add((seed, violation));
        }

        output.WriteLine($"{count} schedules, {events} events, {generations} generations");
        if (count == 1 || failed.Count > 0) output.WriteLine(Trace(failed.Count > 0 ? failed[0].Seed : first));
        Assert.True(failed.Count == 0, string.Join('\n', failed.Select(f => $"seed {f.Seed}: {f.Violation}")));
        Assert.True(count < Schedules || generations > count * 3 / 2, "hardly anything went wrong");
    }

    [Theory]
    [InlineData(PlantedBug.CommitsOfAnOlderGeneration)]
    [InlineData(PlantedBug.SurvivorsTrusted)]
    [InlineData(PlantedBug.SeatJoinsAnOlderGeneration)]
    [InlineData(PlantedBug.RetiresTheStart)]
    [InlineData(PlantedBug.AdoptsAnOlderGeneration)]
    [InlineData(PlantedBug.JournalWithoutCompareAndSet)]
    [InlineData(PlantedBug.RenamedBeforeItIsWhole)]
    [InlineData(PlantedBug.NothingIsSaidAgain)]
    [InlineData(PlantedBug.SurveySweeps)]
    [InlineData(PlantedBug.RequestsAreSaidOnce)]
    public void A_planted_bug_is_found(PlantedBug bug)
    {
        for (ulong seed = 0; seed < Schedules; seed++)
        {
            if (Simulation.Run(seed, bug).Violation is not { } violation) continue;
            output.WriteLine($"seed {seed}: {violation}");
            return;
        }

        Assert.Fail($"{bug} was not found in {Schedules} schedules");
    }

    [Fact]
    public void A_seed_is_played_the_same_way_again()
    {
        string first = Trace(12);
        Assert.Equal(first, Trace(12));
        Assert.NotEqual(first, Trace(13));
    }

    private static string Trace(ulong seed)
    {
        var lines = new Queue<string>();
        Simulation.Run(seed, trace: line =>
        {
            if (line.Contains("attach", StringComparison.Ordinal) || line.Contains("alive in", StringComparison.Ordinal)) return;
            lines.Enqueue(line);
            if (lines.Count > TraceLines) lines.Dequeue();
        });
        return string.Join('\n', lines);
    }

    private static (ulong First, int Count) Chosen()
    {
        if (Environment.GetEnvironmentVariable("ACTORTRAINER_SIMULATE") is not { Length: > 0 } chosen) return (0, Schedules);
        string[] parts = chosen.Split(':');
        return (ulong.Parse(parts[0], CultureInfo.InvariantCulture), parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 1);
    }
}
