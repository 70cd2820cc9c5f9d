using System.Runtime.InteropServices;
using ActorTrainer.EndToEnd.Tests.Processes;

namespace ActorTrainer.EndToEnd.Tests.Commands;

/// <summary>Ctrl-C and a service manager's stop: everything is saved, and the same command goes on.</summary>
[Collection(ProcessTests.Name)]
public class InterruptionSpec(Undisturbed undisturbed)
{
    [Theory]
    [InlineData(PosixSignal.SIGINT)]
    [InlineData(PosixSignal.SIGTERM)]
    public async Task A_signal_saves_everything_and_says_how_to_go_on(PosixSignal signal)
    {
        using var workshop = new Workshop();
        using var program = workshop.StartTraining();
        await program.Until("the first checkpoint", () => workshop.Run.Checkpoints.Count > 0);
        program.Signal(signal);

        var stopped = (await program.Ended()).Returns(130);

        Assert.Contains("actortrainer run tiny.conf", stopped.Error, StringComparison.Ordinal);
        Assert.Equal("interrupted", (string)stopped.Lines[^1]["event"]!);
        long step = (long)stopped.Lines[^1]["step"]!;
        Assert.Equal(step, workshop.Run.Checkpoints[^1].Step.Value);
        Assert.Equal(step, (long)workshop.Run.Metrics[^1]["step"]!);
        workshop.Run.HasNoLeftovers();

        var ended = (await workshop.Train()).Completes();
        Assert.Equal(step, (long)ended.Lines[0]["resumed_from"]!);
        Assert.Equal(undisturbed.Digest, ended.Digest);
        workshop.Run.IsAsWholeAs(undisturbed.Run);
    }
}
