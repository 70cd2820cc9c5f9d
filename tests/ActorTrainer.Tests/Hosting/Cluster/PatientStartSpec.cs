using System.Data.Common;
using ActorTrainer.Hosting.Cluster;
using Microsoft.Extensions.Time.Testing;

namespace ActorTrainer.Tests.Hosting.Cluster;

public sealed class PatientStartSpec
{
    private readonly List<string> _said = [];
    private readonly FakeTimeProvider _time = new() { AutoAdvanceAmount = TimeSpan.FromSeconds(1) };

    [Fact]
    public async Task What_goes_wrong_the_first_time_is_for_whoever_started_it()
    {
        await Assert.ThrowsAsync<Broken>(() => Start().StartAsync<string>(() => throw new Broken("no such host"), default));
        Assert.Empty(_said);
    }

    [Fact]
    public async Task Later_it_is_tried_again_until_it_works()
    {
        var start = Start();
        await start.StartAsync(() => "the first", default);

        int tries = 0;
        var second = start.StartAsync(() => ++tries < 4 ? throw new Broken("Exception while writing to stream") : "the second", default);
        while (!second.IsCompleted) _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal("the second", await second);
        Assert.Equal(Enumerable.Repeat("This node can't join: Exception while writing to stream. It tries again.", 3), _said);
    }

    [Fact]
    public async Task Told_to_stop_it_tries_no_more()
    {
        using var stop = new CancellationTokenSource();
        var start = Start();
        await start.StartAsync(() => "the first", default);
        var second = start.StartAsync<string>(() => throw new Broken("away"), stop.Token);
        await stop.CancelAsync();
        Assert.Null(await second);
    }

    private PatientStart Start() => new(_said.Add, _time);

    private sealed class Broken(string message) : DbException(message);
}
