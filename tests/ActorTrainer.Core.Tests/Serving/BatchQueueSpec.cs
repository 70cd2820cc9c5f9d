using ActorTrainer.Core.Serving;
using CsCheck;

namespace ActorTrainer.Core.Tests.Serving;

public sealed class BatchQueueSpec
{
    private static readonly BatchLimits Limits = new(4, Ms(10), 8);
    private readonly BatchQueue<string> _queue = new(Limits);

    [Fact]
    public void While_the_model_warms_up_requests_wait()
    {
        Assert.True(_queue.Offer("a", 1, Ms(0), Ms(1000)));
        Assert.Equal("[] [] 1000", Turn(500));
        _queue.Free();
        Assert.Equal("[] [a] never", Turn(501));
    }

    [Fact]
    public void A_lone_request_waits_for_company_and_no_longer()
    {
        _queue.Free();
        _queue.Offer("a", 1, Ms(0), Ms(1000));
        Assert.Equal("[] [] 10", Turn(0));
        Assert.Equal("[] [] 10", Turn(9));
        Assert.Equal("[] [a] never", Turn(10));
    }

    [Fact]
    public void A_full_batch_goes_at_once_and_the_rest_waits_for_the_device()
    {
        _queue.Free();
        foreach (string request in new[] { "a", "b", "c", "d", "e" }) _queue.Offer(request, 1, Ms(0), Ms(1000));
        Assert.Equal("[] [a b c d] 1000", Turn(0));
        Assert.Equal("[] [] 1000", Turn(20));
        _queue.Free();
        Assert.Equal("[] [e] never", Turn(20));
    }

    [Fact]
    public void A_request_is_not_divided()
    {
        _queue.Free();
        _queue.Offer("three", 3, Ms(0), Ms(1000));
        _queue.Offer("two", 2, Ms(0), Ms(1000));
        Assert.Equal("[] [three] 1000", Turn(0));
        _queue.Free();
        Assert.Equal("[] [two] never", Turn(10));
    }

    [Fact]
    public void A_request_larger_than_a_batch_goes_alone()
    {
        _queue.Free();
        Assert.True(_queue.Offer("twenty", 20, Ms(0), Ms(1000)));
        Assert.False(_queue.Offer("one", 1, Ms(0), Ms(1000)));
        Assert.Equal("[] [twenty] never", Turn(0));
    }

    [Fact]
    public void A_full_queue_refuses_and_what_waits_is_untouched()
    {
        for (int i = 0; i < 8; i++) Assert.True(_queue.Offer($"{i}", 1, Ms(i), Ms(1000)));
        Assert.False(_queue.Offer("late", 1, Ms(8), Ms(1000)));
        Assert.Equal(8, _queue.Waiting);
    }

    [Fact]
    public void What_passed_its_deadline_is_never_put_on_the_device()
    {
        _queue.Offer("hurried", 1, Ms(0), Ms(5));
        _queue.Offer("patient", 1, Ms(1), Ms(1000));
        Assert.Equal("[] [] 5", Turn(2));
        _queue.Free();
        Assert.Equal("[hurried] [] 11", Turn(5));
        Assert.Equal("[] [patient] never", Turn(11));
        Assert.False(_queue.IsIdle);
        _queue.Free();
        Assert.True(_queue.IsIdle);
    }

    /// <summary>Random arrivals, sizes, deadlines and service times; the caller does what each turn says.</summary>
    [Fact]
    public void Every_request_ends_once_and_in_order_within_its_limits() =>
        Gen.Select(Gen.Int[1, 5], Gen.Int[0, 30], Gen.Int[0, 12], Gen.Int[1, 60], (pictures, patience, gap, service) => (pictures, patience, gap, service)).Array[0, 60].Sample(requests =>
        {
            var queue = new BatchQueue<int>(Limits);
            var (ended, lastTaken, now, freeAt, arrivals) = (new HashSet<int>(), -1, 0, (int?)3, new int[requests.Length]);
            int next = 0, due = 0;
            TimeSpan? look = null;
            while (next < requests.Length || !queue.IsIdle)
            {
                var events = new[] { next < requests.Length ? due : int.MaxValue, freeAt ?? int.MaxValue, look is { } at ? (int)at.TotalMilliseconds : int.MaxValue };
                now = Math.Max(now, events.Min());
                if (freeAt <= now)
                {
                    queue.Free();
                    freeAt = null;
                }

                if (next < requests.Length && due <= now)
                {
                    arrivals[next] = now;
                    if (!queue.Offer(next, requests[next].pictures, Ms(now), Ms(now + requests[next].patience))) Assert.True(ended.Add(next));
                    if (++next < requests.Length) due = now + requests[next].gap;
                }

                var turn = queue.Turn(Ms(now));
                look = turn.Next;
                Assert.True(look is null || look > Ms(now));
                foreach (int request in turn.Expired)
                {
                    Assert.True(ended.Add(request));
                    Assert.True(arrivals[request] + requests[request].patience <= now);
                }

                if (turn.Batch.IsEmpty) continue;
                Assert.Null(freeAt);
                Assert.True(turn.Batch.Length == 1 || turn.Batch.Sum(request => requests[request].pictures) <= Limits.Size);
                foreach (int request in turn.Batch)
                {
                    Assert.True(ended.Add(request));
                    Assert.True(request > lastTaken);
                    Assert.True(now < arrivals[request] + requests[request].patience);
                    lastTaken = request;
                }

                freeAt = now + requests[turn.Batch[0]].service;
            }

            Assert.Equal(requests.Length, ended.Count);
            Assert.Equal(0, queue.Waiting);
        });

    /// <summary>As "[expired] [batch] next".</summary>
    private string Turn(int at)
    {
        var turn = _queue.Turn(Ms(at));
        return $"[{string.Join(' ', turn.Expired)}] [{string.Join(' ', turn.Batch)}] {turn.Next?.TotalMilliseconds.ToString() ?? "never"}";
    }

    private static TimeSpan Ms(int milliseconds) => TimeSpan.FromMilliseconds(milliseconds);
}
