using ActorTrainer.Core.Experiments;
using ActorTrainer.Transport.Training;
using Microsoft.Extensions.Time.Testing;

namespace ActorTrainer.Transport.Tests.Training;

public sealed class StepTailSpec : IDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new();
    private readonly CancellationTokenSource _enough = new();
    private readonly string _path;
    private readonly IAsyncEnumerator<StepLine> _lines;

    public StepTailSpec()
    {
        _path = _folder["metrics.jsonl"];
        _lines = new StepTail(_path, _time).FollowAsync(StepNumber.Zero, _enough.Token).GetAsyncEnumerator(CancellationToken.None);
    }

    public void Dispose()
    {
        _enough.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Lines_come_as_they_are_written_also_where_there_was_no_file()
    {
        var first = NextAsync();
        Assert.False(first.IsCompleted);

        Append(Line(1) + Line(2));
        Assert.Equal(1, await SeenAsync(first));
        Assert.Equal(2, await NextAsync());

        var third = NextAsync();
        Append(Line(3));
        Assert.Equal(3, await SeenAsync(third));
    }

    [Fact]
    public async Task A_line_half_written_waits_for_its_end()
    {
        Append(Line(1) + Line(2)[..10]);
        Assert.Equal(1, await NextAsync());
        var second = NextAsync();
        _time.Advance(Look);
        Assert.False(second.IsCompleted);

        Append(Line(2)[10..]);
        Assert.Equal(2, await SeenAsync(second));
        Assert.Equal(Line(2).TrimEnd(), _lines.Current.Json);
    }

    [Fact]
    public async Task Where_the_writer_cuts_back_and_repeats_each_step_comes_once()
    {
        Append(Line(1) + Line(2) + Line(3));
        for (int step = 1; step <= 3; step++) Assert.Equal(step, await NextAsync());

        var fourth = NextAsync();
        File.WriteAllText(_path, Line(1));
        _time.Advance(Look);
        Append(Line(2) + Line(3));
        _time.Advance(Look);
        Assert.False(fourth.IsCompleted);
        Append(Line(4));
        Assert.Equal(4, await SeenAsync(fourth));
    }

    [Fact]
    public async Task Enough_ends_it_after_what_is_there()
    {
        Append(Line(1));
        Assert.Equal(1, await NextAsync());
        var waiting = NextAsync();
        Append(Line(2) + Line(3));
        await _enough.CancelAsync();

        Assert.Equal(2, await waiting);
        Assert.Equal(3, await NextAsync());
        Assert.Null(await NextAsync());
    }

    [Fact]
    public async Task It_can_begin_behind_a_step()
    {
        Append(Line(1) + Line(2) + Line(3));
        await _enough.CancelAsync();
        var steps = new List<long>();
        await foreach (var line in new StepTail(_path, _time).FollowAsync(new(2), _enough.Token)) steps.Add(line.Step.Value);

        Assert.Equal([3], steps);
    }

    [Fact]
    public async Task Lines_longer_than_a_chunk_come_whole()
    {
        string padding = new('x', 200_000);
        Append($"{{\"step\":1,\"text\":\"{padding}\"}}\n" + Line(2));

        Assert.Equal(1, await NextAsync());
        Assert.Contains(padding, _lines.Current.Json);
        Assert.Equal(2, await NextAsync());
    }

    private static string Line(long step) => $"{{\"epoch\":0,\"step\":{step},\"loss\":0.5}}\n";

    private void Append(string text) => File.AppendAllText(_path, text);

    /// <summary>Lets time pass until it is there: when the follower asks for its next look is its own affair.</summary>
    private async Task<long?> SeenAsync(Task<long?> next)
    {
        while (!next.IsCompleted)
        {
            _time.Advance(Look);
            await Task.Delay(1);
        }

        return await next;
    }

    private async Task<long?> NextAsync() => await _lines.MoveNextAsync() ? _lines.Current.Step.Value : null;
}
