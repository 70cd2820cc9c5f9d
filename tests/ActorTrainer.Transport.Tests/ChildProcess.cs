using System.Diagnostics;
using ActorTrainer.Core.Checkpoints;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Models;
using ActorTrainer.Transport.Checkpoints;
using ActorTrainer.Transport.Gradients;
using ActorTrainer.Transport.Tests.Checkpoints;
using ActorTrainer.Transport.Tests.Gradients;

namespace ActorTrainer.Transport.Tests;

/// <summary>This program again, as a process that a test or a failpoint can kill.</summary>
internal static class ChildProcess
{
    /// <summary>Writes checkpoint 2-20 into a store: a folder, or the location of one whose run is called "run".</summary>
    public const string WriteCheckpoint = "write-checkpoint";
    /// <summary>Deletes checkpoint 1-10 from a store.</summary>
    public const string DeleteCheckpoint = "delete-checkpoint";
    /// <summary>Takes a run's lock, says so, and waits to be killed.</summary>
    public const string HoldLock = "hold-lock";
    /// <summary>Trains shards 2 and 3 of 4 as rank 1 until it is killed: rank 0's endpoint follows.</summary>
    public const string Trainer = "trainer";

    public static int Main(string[] args)
    {
        switch (args)
        {
            case [WriteCheckpoint, string store]:
                Store(store).Write(SomeCheckpoint.At(2, 20), CancellationToken.None);
                return 0;
            case [DeleteCheckpoint, string store]:
                Store(store).Delete(SomeCheckpoint.Id(1, 10));
                return 0;
            case [HoldLock, string folder]:
                using (var taken = RunLock.TryTake(new(folder), out _))
                {
                    Console.WriteLine(taken is null ? "refused" : "taken");
                    Console.In.ReadToEnd();
                }

                return 0;
            case [Trainer, string host, string port, string localName]:
                using (var listener = Trainers.Listener(Medium.Memory))
                {
                    Console.WriteLine(listener.Endpoint.Port);
                    var group = TrainerGroup(rank: 1, new(host, int.Parse(port), localName, CollectiveEndpoint.ThisHost), listener.Endpoint);
                    using var exchange = PeerExchange.Connect(listener, group, Trainers.Patience, () => Trainers.Patience);
                    while (true) exchange.Exchange(new Shards(4, 300_000, TensorType.Float32, 1).SumsOf(new(2, 4)));
                }

            default:
                return 2;
        }
    }

    private static ICheckpointStore Store(string location) =>
        Path.IsPathRooted(location) ? new FolderCheckpointStore(location) : CheckpointStoreLocation.Parse(location).Open();

    public static CollectiveGroup TrainerGroup(int rank, CollectiveEndpoint parent, CollectiveEndpoint child) => Trainers.Group([parent, child], [2, 4], rank);

    public static Process Start(string? failpoint, params string[] arguments)
    {
        string host = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath! : "dotnet";
        var start = new ProcessStartInfo(host, ["exec", typeof(ChildProcess).Assembly.Location, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment[Failpoint.Variable] = failpoint;
        return Process.Start(start)!;
    }

    /// <summary>Its exit code: 137 is SIGKILL's.</summary>
    public static int Run(string? failpoint, params string[] arguments)
    {
        using var process = Start(failpoint, arguments);
        process.WaitForExit();
        return process.ExitCode;
    }
}
