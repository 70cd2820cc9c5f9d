namespace ActorTrainer.EndToEnd.Tests.Processes;

/// <summary>tiny.conf, trained once in one go: what every other run of it is held against.</summary>
public sealed class Undisturbed : IAsyncLifetime
{
    private readonly Workshop _workshop = new();

    internal Workshop Workshop => _workshop;

    internal RunFiles Run => _workshop.Run;

    internal EndedProgram Ended { get; private set; } = null!;

    internal string Digest => Ended.Digest;

    public async Task InitializeAsync() => Ended = (await _workshop.Train()).Completes();

    public Task DisposeAsync()
    {
        _workshop.Dispose();
        return Task.CompletedTask;
    }
}

/// <summary>All tests of real processes: one after another, and one undisturbed run for them all.</summary>
[CollectionDefinition(Name)]
public sealed class ProcessTests : ICollectionFixture<Undisturbed>
{
    public const string Name = "processes";
}
