using ActorTrainer.Core.Experiments;

namespace ActorTrainer.Transport.Tests;

public sealed class RunLockSpec : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly RunFolder _run;

    public RunLockSpec() => _run = new(_folder["digits"]);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_second_writer_is_refused_with_the_process_id_of_the_first()
    {
        using var first = RunLock.TryTake(_run, out int? nobody);

        Assert.NotNull(first);
        Assert.Null(nobody);
        Assert.Null(RunLock.TryTake(_run, out int? holder));
        Assert.Equal(Environment.ProcessId, holder);
    }

    [Fact]
    public void A_lock_given_back_can_be_taken_again()
    {
        RunLock.TryTake(_run, out _)!.Dispose();

        using var second = RunLock.TryTake(_run, out _);
        Assert.NotNull(second);
    }

    [Fact]
    public void Runs_do_not_lock_each_other()
    {
        using var first = RunLock.TryTake(_run, out _);
        using var other = RunLock.TryTake(new(_folder["clipart"]), out _);

        Assert.NotNull(other);
    }

    [Fact]
    public void Who_holds_it_can_be_asked_without_taking_it()
    {
        Assert.Null(RunLock.HolderOf(_run));
        using (RunLock.TryTake(_run, out _)) Assert.Equal(Environment.ProcessId, RunLock.HolderOf(_run));
        Assert.Null(RunLock.HolderOf(_run));
    }

    [Fact]
    public void A_number_left_by_a_killed_process_is_nobody_though_another_process_has_it_now()
    {
        Directory.CreateDirectory(_run.Path);
        File.WriteAllText(_run.Lock, $"{Environment.ProcessId}");

        Assert.Null(RunLock.HolderOf(_run));
    }

    [Fact]
    public async Task Being_looked_at_does_not_keep_a_writer_out()
    {
        RunLock.TryTake(_run, out _)!.Dispose();
        using var enough = new CancellationTokenSource();
        var looking = Task.Run(() =>
        {
            while (!enough.IsCancellationRequested) RunLock.HolderOf(_run);
        });
        for (int i = 0; i < 20; i++)
        {
            using var mine = RunLock.TryTake(_run, out _);
            Assert.NotNull(mine);
        }

        await enough.CancelAsync();
        await looking;
    }

    [Fact]
    public void The_lock_of_another_process_dies_with_it()
    {
        using var process = ChildProcess.Start(failpoint: null, ChildProcess.HoldLock, _run.Path);
        Assert.Equal("taken", process.StandardOutput.ReadLine());
        Assert.Null(RunLock.TryTake(_run, out int? holder));
        Assert.Equal(process.Id, holder);

        process.Kill();
        process.WaitForExit();

        using var mine = RunLock.TryTake(_run, out _);
        Assert.NotNull(mine);
    }
}
