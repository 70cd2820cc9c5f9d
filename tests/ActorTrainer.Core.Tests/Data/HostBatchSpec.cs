using System.Buffers;
using ActorTrainer.Core.Data;

namespace ActorTrainer.Core.Tests.Data;

public sealed class HostBatchSpec
{
    [Fact]
    public void The_memory_goes_back_once_however_often_it_is_disposed()
    {
        var memory = new CountingOwner(100);
        var batch = new HostBatch(new(1, 0, [0, 1]), 4, 4, 3, memory, [0, 1], [1, 1]);
        Assert.Equal(96, batch.Pixels.Length);

        batch.Dispose();
        batch.Dispose();

        Assert.Equal(1, memory.Disposals);
        Assert.Throws<ObjectDisposedException>(() => batch.Pixels);
    }

    private sealed class CountingOwner(int bytes) : IMemoryOwner<byte>
    {
        public int Disposals { get; private set; }
        public Memory<byte> Memory { get; } = new byte[bytes];
        public void Dispose() => Disposals++;
    }
}
