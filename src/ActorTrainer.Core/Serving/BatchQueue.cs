using System.Collections.Immutable;

namespace ActorTrainer.Core.Serving;

/// <summary>What is to be done after a look at a <see cref="BatchQueue{T}"/>.</summary>
/// <param name="Expired">Requests whose deadline passed while they waited.</param>
/// <param name="Batch">Requests that the device is to answer now, together; empty: none.</param>
/// <param name="Next">When to look again, if nothing happens before; null: nothing waits for the clock.</param>
public readonly record struct BatchTurn<T>(ImmutableArray<T> Expired, ImmutableArray<T> Batch, TimeSpan? Next);

/// <summary>
/// Dynamic batching: requests that come one by one are answered together. One batch at a time is on the device; what comes meanwhile makes the next, so
/// batches grow with the load by themselves. Only where the device idles does a request wait, a moment, for others.
/// <code>
///   --Offer--> waiting --[ device free, and batch full or delay over ]--> on the device --Free-->
///        \        \--[ deadline passed ]--> expired
///         refused: too much waits already
/// </code>
/// Time is a number that the caller passes, so nothing here needs a clock. Single-threaded. It begins with the device taken: a model warms up.
/// </summary>
/// <typeparam name="T">A request, for whoever asked.</typeparam>
public sealed class BatchQueue<T>(BatchLimits limits)
{
    private readonly LinkedList<Waiter> _waiting = [];
    private bool _taken = true;

    /// <summary>Pictures that wait.</summary>
    public int Waiting { get; private set; }

    /// <summary>Neither a request waits nor a batch is on the device.</summary>
    public bool IsIdle => !_taken && _waiting.Count == 0;

    /// <summary>False: refused. A request larger than all that may wait is taken where nothing waits.</summary>
    public bool Offer(T request, int pictures, TimeSpan now, TimeSpan deadline)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(pictures, 1);
        if (Waiting > 0 && Waiting + pictures > limits.Waiting) return false;
        _waiting.AddLast(new Waiter(request, pictures, now, deadline));
        Waiting += pictures;
        return true;
    }

    /// <summary>The device has answered, and can take the next batch.</summary>
    public void Free() => _taken = false;

    /// <summary>After every <see cref="Offer"/> and <see cref="Free"/>, and when the last turn said.</summary>
    public BatchTurn<T> Turn(TimeSpan now)
    {
        var expired = Expire(now);
        var batch = IsDue(now) ? Take() : [];
        return new(expired, batch, Next());
    }

    /// <summary>Takes out all that waits: the device is gone.</summary>
    public ImmutableArray<T> Clear()
    {
        ImmutableArray<T> all = [.. _waiting.Select(waiter => waiter.Request)];
        _waiting.Clear();
        Waiting = 0;
        return all;
    }

    private ImmutableArray<T> Expire(TimeSpan now)
    {
        var expired = ImmutableArray.CreateBuilder<T>();
        for (var node = _waiting.First; node is not null;)
        {
            var next = node.Next;
            if (node.Value.Deadline <= now) expired.Add(Remove(node).Request);
            node = next;
        }

        return expired.ToImmutable();
    }

    private bool IsDue(TimeSpan now) =>
        !_taken && _waiting.First is { Value: var oldest } && (Waiting >= limits.Size || now - oldest.Arrived >= limits.Delay);

    private ImmutableArray<T> Take()
    {
        _taken = true;
        var batch = ImmutableArray.CreateBuilder<T>();
        int pictures = 0;
        while (_waiting.First is { } node && (batch.Count == 0 || pictures + node.Value.Pictures <= limits.Size))
        {
            pictures += node.Value.Pictures;
            batch.Add(Remove(node).Request);
        }

        return batch.ToImmutable();
    }

    private TimeSpan? Next()
    {
        TimeSpan? next = null;
        foreach (var waiter in _waiting)
        {
            var due = _taken ? waiter.Deadline : Min(waiter.Deadline, waiter.Arrived + limits.Delay);
            next = next is { } earlier ? Min(earlier, due) : due;
        }

        return next;

        static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
    }

    private Waiter Remove(LinkedListNode<Waiter> node)
    {
        _waiting.Remove(node);
        Waiting -= node.Value.Pictures;
        return node.Value;
    }

    private readonly record struct Waiter(T Request, int Pictures, TimeSpan Arrived, TimeSpan Deadline);
}
