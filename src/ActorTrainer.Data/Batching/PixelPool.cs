using System.Buffers;

namespace ActorTrainer.Data.Batching;

/// <summary>
/// Pixel memory of batches, used again and again: at most as much as was ever out at once. Pinned, so that a device can copy from it.
/// What is returned after disposal is left to the garbage collector.
/// </summary>
internal sealed class PixelPool : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<int, Stack<byte[]>> _free = [];
    private bool _disposed;

    /// <summary>Buffers that were ever made.</summary>
    public int Made { get; private set; }

    public IMemoryOwner<byte> Rent(int bytes)
    {
        lock (_lock)
        {
            if (_free.TryGetValue(bytes, out var stack) && stack.TryPop(out byte[]? buffer)) return new Lease(this, buffer);
            Made++;
        }

        return new Lease(this, GC.AllocateUninitializedArray<byte>(bytes, pinned: true));
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            _free.Clear();
        }
    }

    private void Return(byte[] buffer)
    {
        lock (_lock)
        {
            if (_disposed) return;
            if (!_free.TryGetValue(buffer.Length, out var stack)) _free[buffer.Length] = stack = [];
            stack.Push(buffer);
        }
    }

    private sealed class Lease(PixelPool pool, byte[] buffer) : IMemoryOwner<byte>
    {
        private byte[]? _buffer = buffer;

        public Memory<byte> Memory => _buffer ?? throw new ObjectDisposedException(nameof(Lease));

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _buffer, null) is { } returned) pool.Return(returned);
        }
    }
}
