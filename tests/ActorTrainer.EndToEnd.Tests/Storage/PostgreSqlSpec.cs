using ActorTrainer.EndToEnd.Tests.Processes;
using ActorTrainer.Tests.Shared;

namespace ActorTrainer.EndToEnd.Tests.Storage;

/// <summary>The journal on a PostgreSQL server, which is stopped and started in the middle of a run.</summary>
[Collection(ProcessTests.Name)]
public sealed class PostgreSqlSpec(Undisturbed undisturbed) : IDisposable
{
    /// <summary>Long enough to be still at it when the server goes away.</summary>
    private static readonly string[] Long = ["--set", "experiment.training.phases.0.epochs=8"];

    private PostgreSqlServer? _server;

    private PostgreSqlServer Server => _server ??= PostgreSqlServer.StartNew();

    public void Dispose() => _server?.Dispose();

    [SkippableFact]
    public async Task A_run_gives_the_digest_that_it_gives_on_a_file_and_goes_on_after_kills()
    {
        using var workshop = new Workshop { Journal = Server.NewDatabase() };
        foreach (string failpoint in new[] { "checkpoint.renamed#2", "checkpoint.committed#3", "step.exchanged#9" })
            (await workshop.TrainUpTo(failpoint)).Returns(EndedProgram.Killed);

        Assert.Equal(undisturbed.Digest, (await workshop.Train()).Completes().Digest);
        workshop.Run.IsAsWholeAs(undisturbed.Run);
        Assert.Empty(Directory.EnumerateFiles(workshop.Runs, "journal*"));
        Assert.Equal(undisturbed.Digest, (await workshop.Ask("digest", Workshop.Tiny)).Completes().Output.Trim());
        Assert.Contains("completed", (await workshop.Ask("list", "--json")).Completes().Output, StringComparison.Ordinal);
        (await workshop.Ask("remove", Workshop.Tiny, "--yes")).Completes();
        Assert.Equal("", (await workshop.Ask("list", "--json")).Completes().Output);
    }

    [SkippableFact]
    public async Task A_server_that_is_stopped_and_started_while_a_run_trains_changes_nothing()
    {
        using var workshop = new Workshop { Journal = Server.NewDatabase() };
        using var reference = new Workshop();
        string digest = (await reference.Train(Long)).Completes().Digest;

        using var program = workshop.StartTraining(null, Long);
        await program.Until("a checkpoint", () => workshop.Run.Checkpoints.Count > 1);
        Server.Stop();
        await program.Until("a word on it", () => program.Error.Contains("The journal does not answer", StringComparison.Ordinal));
        Server.Start();

        Assert.Equal(digest, (await program.Ended()).Completes().Digest);
        workshop.Run.IsAsWholeAs(reference.Run);
    }

    [SkippableFact]
    public async Task Killed_while_the_server_is_away_a_run_goes_on_where_it_was()
    {
        using var workshop = new Workshop { Journal = Server.NewDatabase() };
        using (var program = workshop.StartTraining())
        {
            await program.Until("a checkpoint", () => workshop.Run.Checkpoints.Count > 1);
            Server.Stop();
            program.Kill();
            await program.Ended();
        }

        (await workshop.Train()).Refuses(1, "runs on PostgreSQL at");
        Server.Start();

        Assert.Equal(undisturbed.Digest, (await workshop.Train()).Completes().Digest);
        workshop.Run.IsAsWholeAs(undisturbed.Run);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_named_without_its_password_and_nothing_is_left()
    {
        using var workshop = new Workshop { Journal = "postgres://ann:s3cret@127.0.0.1:1/runs" };
        var ended = (await workshop.Train()).Refuses(1, "runs on PostgreSQL at 127.0.0.1:1");
        Assert.DoesNotContain("s3cret", ended.ToString(), StringComparison.Ordinal);
        Assert.False(Directory.Exists(workshop.Runs));
        using var other = new Workshop { Journal = "mysql://ann:s3cret@db/runs" };
        Assert.DoesNotContain("s3cret", (await other.Train()).Refuses(2, "ACTORTRAINER_JOURNAL").ToString(), StringComparison.Ordinal);
    }
}
