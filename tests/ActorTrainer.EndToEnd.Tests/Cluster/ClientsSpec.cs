using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using ActorTrainer.EndToEnd.Tests.Processes;

namespace ActorTrainer.EndToEnd.Tests.Cluster;

/// <summary>A cluster as its clients and strangers see it.</summary>
[Collection(ProcessTests.Name)]
public sealed class ClientsSpec(Undisturbed undisturbed)
{
    [SkippableFact]
    public async Task Behind_keys_and_certificates_a_submission_gets_the_digest_of_run_whoever_knocks()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Ports of a process are looked up in /proc.");
        using var workshop = new Workshop();
        TestCertificates.Write(workshop, "tls");
        TestCertificates.Write(workshop, "other");
        string key = await GuardedNode.NewKeyAsync(workshop);
        using var cluster = new TestCluster(workshop) { Config = GuardedNode.WriteFile(workshop, "tls") };
        await cluster.StartAsync(2);

        // One of another authority, which knocks for as long as the experiment takes.
        using var foreign = RunningProgram.Start(workshop.Folder, ["node", "--runs", workshop.Runs, "--config", GuardedNode.WriteFile(workshop, "other"), "--roles", "trainer", "--port", "0", "--seed", cluster.Seed]);
        string[] trusted = ["--authority", "tls/ca.pem", "--key", key];
        using var waiting = cluster.Client(["submit", "tiny.conf", "--set", "experiment.resources.trainers.max=2", "--wait", "--json", .. trusted]);
        await cluster.UntilStepAsync(2);
        int[] ports = [.. cluster.Nodes.SelectMany(node => Strangers.PortsOf(node.Id))];
        Assert.True(ports.Length >= 6, string.Join(' ', ports));        // control plane and collective of three, and HTTP
        await Task.WhenAll(ports.Select(Strangers.KnockAsync));
        Assert.Contains("does not know the key", (await Ended(cluster.Client("list", "--authority", "tls/ca.pem", "--key", "atk_wrong"))).Returns(2).Error, StringComparison.Ordinal);
        Assert.Contains("asks for a key", (await Ended(cluster.Client("list", "--authority", "tls/ca.pem"))).Returns(2).Error, StringComparison.Ordinal);
        Assert.Contains("not trusted", (await Ended(cluster.Client("list", "--authority", "other/ca.pem", "--key", key))).Returns(1).Error, StringComparison.Ordinal);

        var ended = (await waiting.Ended()).Completes();
        Assert.Equal(undisturbed.Digest, ended.Digest);
        Assert.False(foreign.HasEnded);
        Assert.DoesNotContain("In the cluster as", foreign.Error, StringComparison.Ordinal);
        Assert.InRange(cluster.HeadLog.Count(line => line.Contains("Rejected incoming connection", StringComparison.Ordinal)), 1, 1);
        Assert.DoesNotContain(key, ended.Error + string.Concat(cluster.Nodes.Select(node => node.Error)), StringComparison.Ordinal);
        var shown = JsonNode.Parse((await Ended(cluster.Client(["show", Workshop.Tiny, "--json", .. trusted]))).Completes().Output)!;
        Assert.Equal((1, 2), ((int)shown["generation"]!, (int)shown["trainers"]!));
    }

    [Fact]
    public async Task An_experiment_is_paused_resumed_and_given_up_from_anywhere_and_a_client_that_leaves_changes_nothing()
    {
        using var workshop = new Workshop();
        using var cluster = new TestCluster(workshop);
        await cluster.StartAsync(1);
        string[] submit = ["submit", "tiny.conf", "--set", "experiment.training.phases.0.epochs=400", "--set", "experiment.checkpoint.keep-last=4", "--wait"];
        using var leaving = cluster.Client(submit);
        await cluster.UntilStepAsync(4);

        leaving.Signal(PosixSignal.SIGINT);
        Assert.Contains("Training goes on without this", (await leaving.Ended()).Returns(130).Error, StringComparison.Ordinal);
        Assert.Equal("running", (string)(await cluster.ShowAsync())["state"]!);

        (await Ended(cluster.Client("pause", Workshop.Tiny))).Returns(0);
        Assert.Equal("paused", (string)(await cluster.EndAsync())["state"]!);
        int step = workshop.Run.StepsOnDisk;

        (await Ended(cluster.Client("resume", Workshop.Tiny))).Returns(0);
        await cluster.UntilStepAsync(step + 4);
        using var watching = cluster.Client("watch", Workshop.Tiny, "--json");
        await watching.Until("it sees the run", () => watching.Output.Contains("\"event\":\"progress\"", StringComparison.Ordinal));
        (await Ended(cluster.Client("cancel", Workshop.Tiny))).Returns(0);
        Assert.Equal("cancelled", (string)(await cluster.EndAsync())["state"]!);
        Assert.Contains("\"event\":\"failed\"", (await watching.Ended()).Returns(1).Output, StringComparison.Ordinal);
        Assert.NotEmpty((await Ended(cluster.Client("logs", Workshop.Tiny))).Returns(0).Output);

        string pruned = (await Ended(cluster.Client("prune", "--yes"))).Returns(0).Error;
        Assert.Contains($"of {Workshop.Tiny}: step", pruned, StringComparison.Ordinal);
        Assert.Contains("Freed", pruned, StringComparison.Ordinal);
        Assert.Contains("Nothing to prune in the cluster", (await Ended(cluster.Client("prune"))).Returns(0).Error, StringComparison.Ordinal);
        (await Ended(cluster.Client("remove", Workshop.Tiny, "--yes"))).Returns(0);
        Assert.False(Directory.Exists(workshop.Run.Folder.Path));
    }

    private static async Task<EndedProgram> Ended(RunningProgram program)
    {
        using (program) return await program.Ended();
    }
}
