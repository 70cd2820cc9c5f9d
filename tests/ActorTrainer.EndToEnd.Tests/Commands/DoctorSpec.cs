using ActorTrainer.EndToEnd.Tests.Processes;

namespace ActorTrainer.EndToEnd.Tests.Commands;

/// <summary>Where these tests can train, the machine is well.</summary>
[Collection(ProcessTests.Name)]
public class DoctorSpec
{
    [Fact]
    public async Task The_doctor_finds_that_this_machine_can_train()
    {
        using var workshop = new Workshop();

        var ended = (await workshop.Ask("doctor")).Completes();

        Assert.Contains("libtorch", ended.Output, StringComparison.OrdinalIgnoreCase);
    }
}
