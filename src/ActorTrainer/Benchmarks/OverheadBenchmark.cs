using System.Text.Json;
using ActorTrainer.Core;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Benchmarks;

/// <summary>Steps through the actors against the same steps in a bare loop, in turns, so that what disturbs the machine disturbs both.</summary>
internal static class OverheadBenchmark
{
    /// <summary>One round of each that does not count, then <paramref name="rounds"/> of each in turns.</summary>
    public static async Task<OverheadResult> RunAsync(Func<IEngine> engine, Workload workload, int rounds, CancellationToken cancel)
    {
        using var batches = new ReadyBatches(workload);
        var (actors, bare, session) = (new List<Lap>(), new List<Lap>(), new List<Lap>());
        for (int round = 0; round <= rounds; round++)
        {
            cancel.ThrowIfCancellationRequested();
            var laps = (await ActorLoop.RunAsync(engine(), workload, batches).ConfigureAwait(false),
                await OnOwnThreadAsync(() => BareLoop.Run(workload, batches)).ConfigureAwait(false),
                await OnOwnThreadAsync(() => SessionLoop.Run(engine(), workload, batches)).ConfigureAwait(false));
            if (round == 0) continue;
            actors.Add(laps.Item1);
            bare.Add(laps.Item2);
            session.Add(laps.Item3);
        }

        return new(workload, Series.Of("actors", actors), Series.Of("bare", bare), Series.Of("session", session),
            Ratio(bare, actors, lap => lap.Seconds), Ratio(bare, actors, lap => lap.CpuSeconds), Ratio(session, actors, lap => lap.Seconds));
    }

    private static Sample Ratio(List<Lap> other, List<Lap> actors, Func<Lap, double> of) => Sample.Of(other.Zip(actors, (o, a) => of(o) / of(a)));

    /// <summary>As a device has it: libtorch's OpenMP team belongs to the thread that first needs it.</summary>
    private static Task<Lap> OnOwnThreadAsync(Func<Lap> run) => Task.Factory.StartNew(run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}

/// <summary>The rounds of one loop.</summary>
/// <param name="Seconds">A step.</param>
/// <param name="CpuSeconds">A step, over all threads of the process.</param>
internal sealed record Series(string Loop, Sample Seconds, Sample CpuSeconds, double SecondLoss)
{
    public static Series Of(string loop, List<Lap> laps) =>
        new(loop, Sample.Of(laps.Select(lap => lap.Seconds)), Sample.Of(laps.Select(lap => lap.CpuSeconds)), laps[^1].SecondLoss);
}

/// <summary>Ratios are of speeds, round by round: below 1 the actors are slower.</summary>
internal sealed record OverheadResult(
    Workload Workload, Series Actors, Series Bare, Series Session, Sample ActorsToBare, Sample ActorsToBareByCpu, Sample ActorsToSession)
{
    /// <summary>Named as the peers name it, with what is compared beside it.</summary>
    public string ToJson() => JsonSerializer.Serialize(new
    {
        Peer = "actortrainer",
        Arch = Workload.Architecture,
        Batch = Workload.BatchSize,
        Image = Workload.ImageSize,
        Workload.Threads,
        StepS = Math.Round(Actors.Seconds.Median, 6),
        ImagesPerS = Math.Round(Workload.BatchSize / Actors.Seconds.Median, 2),
        Least = Math.Round(Actors.Seconds.Least, 6),
        Most = Math.Round(Actors.Seconds.Greatest, 6),
        CpuS = Math.Round(Actors.CpuSeconds.Median, 6),
        BareStepS = Math.Round(Bare.Seconds.Median, 6),
        BareCpuS = Math.Round(Bare.CpuSeconds.Median, 6),
        SessionStepS = Math.Round(Session.Seconds.Median, 6),
        ActorsToBare = Rounded(ActorsToBare),
        ActorsToBareByCpu = Rounded(ActorsToBareByCpu),
        ActorsToSession = Rounded(ActorsToSession),
    }, CoreJson.Options);

    public override string ToString() => string.Join('\n',
    [
        $"{Workload.Architecture}, batch {Workload.BatchSize}, {Workload.ImageSize} x {Workload.ImageSize} x {Workload.Channels}, {Workload.Threads} threads, " +
            $"{Workload.Steps} steps a round, {Actors.Seconds.Count} rounds of each in turns: median (least .. greatest)",
        $"{"",-10}{"ms a step",28}{"CPU ms a step",28}{"images/s",10}{"2nd loss",12}",
        .. new[] { Bare, Session, Actors }.Select(series =>
            $"{series.Loop,-10}{series.Seconds.Times(1000).Text("0.00"),28}{series.CpuSeconds.Times(1000).Text("0.00"),28}{Workload.BatchSize / series.Seconds.Median,10:0}{series.SecondLoss,12:0.00000}"),
        $"speed of actors / bare loop: {ActorsToBare.Text("0.000")}; by CPU time {ActorsToBareByCpu.Text("0.000")}",
        $"speed of actors / session alone: {ActorsToSession.Text("0.000")}",
    ]);

    private static Sample Rounded(Sample ratio) => new(Math.Round(ratio.Median, 4), Math.Round(ratio.Least, 4), Math.Round(ratio.Greatest, 4), ratio.Count);
}
