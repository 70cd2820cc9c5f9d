using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Models;
using ActorTrainer.Transport.Gradients.Gpu;

namespace ActorTrainer.Transport.Tests.Gradients.Gpu;

/// <summary>A GPU's vector in host memory: looked at by nobody but those who move and add it on the device.</summary>
/// <param name="counts">Told of each that is made and each that is freed.</param>
internal sealed unsafe class FakeDeviceMemory(int bytes, TensorType element, int device, Action<int> counts) : DeviceMemory
{
    private readonly byte* _start = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, 1), 64);
    private bool _freed;

    public static FakeDeviceMemory Of(ReadOnlySpan<byte> values, TensorType element, int device, Action<int> counts)
    {
        counts(1);
        var memory = new FakeDeviceMemory(values.Length, element, device, counts);
        values.CopyTo(memory.Bytes);
        return memory;
    }

    public override int Device => device;
    public override nint Address => (nint)_start;
    public override int Length => bytes;
    public override bool IsOnHost => false;
    public Span<byte> Bytes => new(_start, bytes);

    public override Span<byte> GetSpan() => throw new InvalidOperationException("The host has looked.");

    public override void Add(int offset, DeviceMemory other, int otherOffset, int count)
    {
        var left = Bytes.Slice(offset, count);
        var right = ((FakeDeviceMemory)other).Bytes.Slice(otherOffset, count);
        SubtreeSums.Add(left, right, element);
    }

    public override DeviceMemory Rent(int count)
    {
        counts(1);
        return new FakeDeviceMemory(count, element, device, counts);
    }

    public override System.Buffers.MemoryHandle Pin(int elementIndex = 0) => throw new NotSupportedException();

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
        if (_freed) return;
        _freed = true;
        counts(-1);
        NativeMemory.AlignedFree(_start);
    }
}

/// <summary>Every device is idle as soon as the fake NCCL has delivered.</summary>
internal sealed class FakeCuda(FakeNccl nccl) : ICuda
{
    /// <summary>By device; distinct unless told otherwise.</summary>
    public Func<int, Guid> Id { get; init; } = device => new(device + 1, 0, 0, new byte[8]);

    public Exception? Failure { get; set; }

    public Guid IdOf(int device) => Id(device);

    public IDisposable Use(int device)
    {
        nccl.Enter(device);
        return new Scope(nccl);
    }

    public bool IsIdle() => Failure is null ? nccl.IsDelivered() : throw Failure;

    private sealed class Scope(FakeNccl nccl) : IDisposable
    {
        public void Dispose() => nccl.Leave();
    }
}

/// <summary>
/// One rank's NCCL: what is sent arrives when both sides have issued their groups and somebody polls. Refuses what the real one would, and writes down what was called.
/// </summary>
internal sealed class FakeNccl(FakeNccl.Net net) : INccl
{
    private readonly List<(nint Address, int Bytes, int Peer, bool Sends)> _group = [];
    private readonly List<(nint Address, int Bytes, int Peer)> _awaited = [];
    private int _rank = -1, _polls;
    private bool _inGroup, _aborted;
    private int? _device;

    /// <summary>What the ranks of a process share: bytes under way by (from, to).</summary>
    internal sealed class Net
    {
        public ConcurrentDictionary<(int, int), ConcurrentQueue<byte[]>> Queues { get; } = new();
        public ConcurrentDictionary<int, bool> Ranks { get; } = new();
    }

    public List<string> Calls { get; } = [];

    /// <summary>Never delivers.</summary>
    public bool IsStuck { get; set; }

    /// <summary>The next call's.</summary>
    public NcclResult? Next { get; set; }

    /// <summary>What sends and receives are answered with.</summary>
    public NcclResult Answer { get; set; }

    public void Enter(int device) => _device = device;

    public void Leave() => _device = null;

    public NcclId NewId()
    {
        var id = default(NcclId);
        id[0] = 42;
        return id;
    }

    public NcclResult Begin(in NcclId id, int rank, int world, out nint communicator)
    {
        Call("begin");
        Assert.Equal(42, id[0]);
        (_rank, communicator) = (rank, rank + 1);
        net.Ranks[rank] = true;
        return NcclResult.InProgress;
    }

    public NcclResult StateOf(nint communicator)
    {
        Verify(communicator);
        if (Next is { } next) return next;
        // Everything takes a few looks; and the fake device has no stream, so what was issued is there when it is said to be issued.
        return IsDelivered() && ++_polls % 3 == 0 ? NcclResult.Success : NcclResult.InProgress;
    }

    public NcclResult GroupStart()
    {
        Call("group");
        Assert.False(_inGroup);
        _inGroup = true;
        return NcclResult.Success;
    }

    public NcclResult GroupEnd()
    {
        Call("end");
        Assert.True(_inGroup);
        _inGroup = false;
        if (Answer != NcclResult.Success)
        {
            _group.Clear();
            return Answer;
        }

        foreach (var (address, bytes, peer, sends) in _group)
        {
            if (sends) net.Queues.GetOrAdd((_rank, peer), _ => new()).Enqueue(Read(address, bytes));
            else _awaited.Add((address, bytes, peer));
        }

        _group.Clear();
        Deliver();
        return NcclResult.InProgress;
    }

    public NcclResult Send(nint address, int bytes, int peer, nint communicator) => Add(address, bytes, peer, communicator, sends: true);

    public NcclResult Receive(nint address, int bytes, int peer, nint communicator) => Add(address, bytes, peer, communicator, sends: false);

    public NcclResult Finish(nint communicator)
    {
        Call("finish");
        Verify(communicator);
        return NcclResult.InProgress;
    }

    public void Destroy(nint communicator)
    {
        Call("destroy");
        _aborted = true;
    }

    public void Abort(nint communicator)
    {
        Call("abort");
        Verify(communicator);
        Assert.False(_inGroup);
        _aborted = true;
    }

    public string TextOf(NcclResult result) => $"result {result}";

    public bool IsDelivered()
    {
        Deliver();
        return _awaited.Count == 0;
    }

    private NcclResult Add(nint address, int bytes, int peer, nint communicator, bool sends)
    {
        Call(sends ? "send" : "receive");
        Verify(communicator);
        Assert.True(_inGroup && bytes > 0 && peer != _rank);
        _group.Add((address, bytes, peer, sends));
        return Answer;
    }

    /// <summary>In the order of the sends of each pair. The device runs behind: additions that were queued before see what came before.</summary>
    private void Deliver()
    {
        if (IsStuck) return;
        // Peer by peer: what arrives while one looks is the first that is awaited of its sender, never the second.
        foreach (int peer in _awaited.Select(awaited => awaited.Peer).Distinct().ToList())
        {
            while (_awaited.FirstOrDefault(awaited => awaited.Peer == peer) is { Bytes: > 0 } next && net.Queues.TryGetValue((peer, _rank), out var queue) && queue.TryDequeue(out byte[]? bytes))
            {
                Assert.Equal(next.Bytes, bytes.Length);
                Marshal.Copy(bytes, 0, next.Address, bytes.Length);
                _awaited.Remove(next);
            }
        }
    }

    private static byte[] Read(nint address, int bytes)
    {
        byte[] copy = new byte[bytes];
        Marshal.Copy(address, copy, 0, bytes);
        return copy;
    }

    private void Call(string what)
    {
        Assert.NotNull(_device);
        lock (Calls) Calls.Add(what);
    }

    private void Verify(nint communicator)
    {
        Assert.False(_aborted);
        Assert.Equal(_rank + 1, communicator);
    }
}
