using System.Net;
using System.Net.Sockets;
using ActorTrainer.Core.Models;

namespace ActorTrainer.Transport.Tests.Gradients;

[Collection(CollectiveTests.Name)]
public sealed class LeftoverSpec
{
    [SkippableTheory]
    [InlineData(Medium.Memory)]
    [InlineData(Medium.Mixed)]
    public void Nothing_is_left_of_a_group_in_the_process(Medium medium)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "needs /proc");
        Live(medium);     // what the runtime keeps for later it has now
        int sockets = Sockets();

        var (port, name) = Live(medium);

        Assert.True(SpinWait.SpinUntil(() => Threads() == 0, TimeSpan.FromSeconds(5)), "threads are left");
        Assert.True(SpinWait.SpinUntil(() => Sockets() <= sockets, TimeSpan.FromSeconds(5)), "sockets are left");     // a socket goes when its last operation has ended; those of tests before may go too
        Assert.DoesNotContain("memfd:actortrainer-collective", File.ReadAllText("/proc/self/maps"), StringComparison.Ordinal);
        Assert.DoesNotContain(name, File.ReadAllText("/proc/net/unix"), StringComparison.Ordinal);
        using var visitor = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        Assert.Throws<SocketException>(() => visitor.Connect(IPAddress.Loopback, port));
    }

    private static (int Port, string Name) Live(Medium medium)
    {
        using var trainers = Trainers.Met([1, 3, 4], medium);
        var shards = new Shards(4, 1000, TensorType.Float32, 1);
        trainers.Run(rank =>
        {
            var own = shards.SumsOf(trainers.Groups[rank].Members[rank].Own);
            trainers.Exchanges[rank].Begin(new(own, new([(0, 320)])));
            return trainers.Exchanges[rank].Exchange(own);
        });
        Assert.NotEqual(0, Threads());
        return (trainers.Listeners[0].Endpoint.Port, trainers.Listeners[0].Endpoint.LocalName!);
    }

    private static int Sockets() => Directory.EnumerateFiles("/proc/self/fd").Count(path => new FileInfo(path).LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) == true);

    private static int Threads() => Directory.EnumerateDirectories("/proc/self/task").Count(path => IsOurs(Path.Combine(path, "comm")));

    private static bool IsOurs(string path)
    {
        try
        {
            return File.ReadAllText(path).StartsWith("collective-", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;       // it ended while it was looked at
        }
    }
}
