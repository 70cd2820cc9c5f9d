using ActorTrainer.Core.Gradients;
using ActorTrainer.Transport.Gradients;
using ActorTrainer.Transport.Gradients.Wire;

namespace ActorTrainer.Transport.Tests.Gradients.Wire;

/// <summary>Two links of this process, with shared memory between them.</summary>
[Collection(CollectiveTests.Name)]
public sealed class FrameLinkSpec : IDisposable
{
    private readonly FrameLink _left;
    private readonly FrameLink _right;
    private readonly SharedSlots _ours;

    public FrameLinkSpec()
    {
        var (one, other) = Posix.SocketPair();
        var (mine, yours) = (SharedSlots.Create(ExchangePlan.PieceBytes, 2)!, SharedSlots.Create(ExchangePlan.PieceBytes, 2)!);
        _ours = mine;
        _left = new(1, new SocketWire(one), generation: 1, mine, Seen(yours));
        _right = new(0, new SocketWire(other), generation: 1, yours, Seen(mine));
    }

    public void Dispose()
    {
        _left.Dispose();
        _right.Dispose();
    }

    [Fact]
    public void Only_as_many_frames_are_under_way_as_there_are_slots()
    {
        Part(1);
        Part(2);
        Assert.False(_left.CanBegin);

        Assert.True(_right.TryReadHeader(out var header));
        Assert.Equal(1, _right.TakeSlot().Span[0]);
        _right.Release(header.Slot);
        _right.Flush();

        Assert.False(_left.TryReadHeader(out _));
        Assert.True(_left.CanBegin);
    }

    [Fact]
    public void A_slot_that_came_back_behind_a_frame_is_progress_when_it_is_seen()
    {
        Part(1);
        Part(2);
        Assert.True(_right.TryReadHeader(out var header));
        _right.TakeSlot();
        _right.Begin(FrameKind.Tail, 0, 0, 0, new byte[8]);
        _right.Release(header.Slot);
        _right.Flush();
        byte[] place = new byte[8];
        Assert.True(_left.TryReadHeader(out _));
        Assert.True(_left.TryReadPayload(place));

        // Whoever waits here, because nothing moved, waits for ever: both bytes and slot are here already.
        long before = _left.Moved;
        Assert.False(_left.TryReadHeader(out _));
        Assert.True(_left.CanBegin);
        Assert.NotEqual(before, _left.Moved);
    }

    [Fact]
    public void A_slot_given_back_twice_is_refused()
    {
        Part(1);
        Assert.True(_right.TryReadHeader(out var header));
        _right.TakeSlot();
        _right.Release(header.Slot);
        _right.Release(header.Slot);
        _right.Flush();
        Assert.Throws<ExchangeFailedException>(() => _left.TryReadHeader(out _));
    }

    [Fact]
    public void A_peer_that_goes_when_all_is_done_leaves_its_last_frame_readable()
    {
        Part(1);
        _left.Hurt();
        _left.Dispose();

        Assert.True(_right.TryReadHeader(out var header));
        Assert.Equal(1, _right.TakeSlot().Span[0]);
        _right.Release(header.Slot);
        _right.Flush();
        Assert.False(_right.IsSending);
        Assert.Throws<ExchangeFailedException>(() => _right.TryReadHeader(out _));
    }

    [Fact]
    public void Bytes_that_change_in_shared_memory_are_found()
    {
        Part(1);
        Assert.True(_right.TryReadHeader(out var header));
        _ours[header.Slot].Span[99]++;
        Assert.Contains("damaged", Assert.Throws<ExchangeFailedException>(() => _right.TakeSlot()).Reason, StringComparison.Ordinal);
    }

    private static SharedSlots Seen(SharedSlots memory) => SharedSlots.Open(Environment.ProcessId, memory.Descriptor, memory.Token, memory.SlotBytes, memory.Slots)!;

    private void Part(byte value)
    {
        byte[] payload = new byte[1000];
        payload.AsSpan().Fill(value);
        _left.Begin(FrameKind.Part, 0, 0, 0, payload);
    }
}
