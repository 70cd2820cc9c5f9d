using ActorTrainer.Core.Experiments;

namespace ActorTrainer.Core.Tests.Simulation;

/// <param name="Violation">Null: everything held.</param>
internal sealed record Outcome(string? Violation, TimeSpan Time, long Events, int Generations, int Faults);

/// <summary>One schedule: a small experiment, up to six faults and wishes, and then quiet, in which it must end as if nothing had been, or as given up.</summary>
internal static class Simulation
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(150), Afterwards = TimeSpan.FromSeconds(20);

    public static Outcome Run(ulong seed, PlantedBug bug = PlantedBug.None, Action<string>? trace = null)
    {
        var world = new World(seed, bug, trace);
        var cluster = new SimulatedCluster(world, nodes: 1 + world.Draw(4), steps: 8 + world.Draw(9), checkpointEvery: 2 + world.Draw(4));
        int faults = world.Draw(7);
        var over = TimeSpan.Zero;
        for (int i = 0; i < faults; i++)
        {
            TimeSpan at = world.Between(0.3, 12), time = world.Between(0.3, world.Chance(0.5) ? 3 : 16);
            if (at + time > over) over = at + time;
            Plan(world, cluster, at, time);
        }

        world.Note($"seed {seed}: {cluster.Hosts.Count} nodes, at most {cluster.MaxTrainers} train, {cluster.Steps} steps, a checkpoint every {cluster.CheckpointEvery}, {faults} faults until {over.TotalSeconds:0.0} s");
        var until = over + Quiet;
        string? violation = null;
        try
        {
            while (cluster.Journal.State is not { Status: ExperimentStatus.Completed or ExperimentStatus.Cancelled })
            {
                if (world.Step(until)) continue;
                violation = $"it does not go on: {cluster.Journal.State?.Status.ToString() ?? "not created"}, {cluster.Journal.State?.Newest?.Id.ToString() ?? "nothing"} committed";
                break;
            }

            // Nor is anything done to one that is given up.
            var after = world.Now + Afterwards;
            while (cluster.Journal.State is { Status: ExperimentStatus.Cancelled } && world.Step(after))
            {
            }
        }
        catch (Exception e) when (e is ViolationException or InvalidOperationException or ArgumentException or KeyNotFoundException or NullReferenceException)
        {
            violation = e is ViolationException ? e.Message : e.ToString();
        }

        if (violation is not null) world.Note(violation);
        return new(violation, world.Now, world.Events, cluster.Journal.State?.Generation.Value ?? 0, faults);
    }

    private static void Plan(World world, SimulatedCluster cluster, TimeSpan at, TimeSpan time)
    {
        int kind = world.Draw(12);
        string host = cluster.Hosts[world.Draw(cluster.Hosts.Count)];
        double loss = world.Draw() * 0.25, duplication = world.Draw() * 0.3, reordering = world.Draw() * 0.3;
        world.At(at, () =>
        {
            switch (kind)
            {
                case 0: cluster.KillNode(host, time); break;
                case 1: cluster.DisturbNode(host, freeze: true, time); break;
                case 2: cluster.DisturbNode(host, freeze: false, time); break;
                case 3: cluster.KillCoordinator(); break;
                case 4: cluster.DisturbCoordinator(freeze: true, time); break;
                case 5: cluster.DisturbCoordinator(freeze: false, time); break;
                case 6: Noise(world, time, loss, duplication, reordering); break;
                case 7: cluster.StartNode($"late{at.Ticks}"); break;
                case 8: cluster.Wish(cancel: false); break;
                case 9: cluster.Wish(cancel: true); break;
                case 10: cluster.TakeJournalAway(time); break;
                default:
                    cluster.KillCoordinator();
                    foreach (string each in cluster.Hosts) cluster.KillNode(each, time);
                    break;
            }
        });
    }

    private static void Noise(World world, TimeSpan time, double loss, double duplication, double reordering)
    {
        if (world.IsTraced) world.Note($"noise for {time.TotalSeconds:0.0} s: loss {loss:0.00}, duplication {duplication:0.00}, reordering {reordering:0.00}");
        (world.Loss, world.Duplication, world.Reordering) = (loss, duplication, reordering);
        world.At(time, () => (world.Loss, world.Duplication, world.Reordering) = (0, 0, 0));
    }
}
