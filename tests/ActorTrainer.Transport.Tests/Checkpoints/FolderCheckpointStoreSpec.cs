using ActorTrainer.Core.Checkpoints;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Transport.Checkpoints;
using CsCheck;

namespace ActorTrainer.Transport.Tests.Checkpoints;

public sealed class FolderCheckpointStoreSpec : CheckpointStoreContract
{
    private readonly TemporaryFolder _folder = new();
    private readonly FolderCheckpointStore _store;

    public FolderCheckpointStoreSpec() => _store = new(_folder["checkpoints"]);

    private protected override ICheckpointStore Store => _store;

    private protected override int Tries => 50;

    private protected override string Location => _store.Root;

    public override void Dispose() => _folder.Dispose();

    private protected override byte[] Get(CheckpointId id, string file) => File.ReadAllBytes(PathOf(id, file));

    private protected override void Put(CheckpointId id, string file, ReadOnlySpan<byte> bytes)
    {
        Directory.CreateDirectory(Folder(id));
        File.WriteAllBytes(PathOf(id, file), bytes);
    }

    private protected override void Remove(CheckpointId id, string file) => File.Delete(PathOf(id, file));

    private protected override IReadOnlyList<string> Leftovers =>
        [.. Directory.GetFileSystemEntries(_store.Root).Select(path => Path.GetFileName(path)).Where(name => !CheckpointId.TryParse(name, out _))];

    [Fact]
    public void The_list_is_by_step_and_holds_checkpoints_only()
    {
        Write(2, 20);
        Write(1, 100);
        Write(1, 10);
        foreach (string other in new[] { "notes", "3-30.tmp", ".deleted-1-5", "3-030" }) Directory.CreateDirectory(Path.Combine(_store.Root, other));
        File.WriteAllText(Path.Combine(_store.Root, "4-40"), "a file");

        Assert.Equal([Old, New, SomeCheckpoint.Id(1, 100)], Listed);
    }

    [Fact]
    public void Writing_again_what_is_there_keeps_it()
    {
        var first = Write(1, 10);
        var before = Directory.GetCreationTimeUtc(Folder(Old));

        Assert.Equal(first, Write(1, 10));
        Assert.Equal(before, Directory.GetCreationTimeUtc(Folder(Old)));
        AssertNoLeftovers();
    }

    [Fact]
    public void Sweeping_removes_what_unfinished_writes_and_deletes_left_and_nothing_else()
    {
        Write(1, 10);
        foreach (string name in new[] { "2-20.tmp", ".deleted-1-5", "notes", ".deleted-notes", "x.tmp" })
        {
            Directory.CreateDirectory(Path.Combine(_store.Root, name));
            File.WriteAllText(Path.Combine(_store.Root, name, "file"), "x");
        }

        _store.Sweep(new(3));

        Assert.Equal([".deleted-notes", "1-10", "notes", "x.tmp"], Directory.GetDirectories(_store.Root).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_disk_that_fills_up_anywhere_leaves_the_old_checkpoints_and_no_trace_of_the_new()
    {
        Write(1, 10);
        long bytes = Write(2, 20).Bytes;
        _store.Delete(New);
        Gen.Long[0, bytes - 1].Sample(capacity =>
        {
            var full = new FolderCheckpointStore(_store.Root) { Through = new SmallDisk(capacity).Through };
            Assert.Throws<IOException>(() => full.Write(SomeCheckpoint.At(2, 20), CancellationToken.None));
            Assert.Equal([Old], Listed);
            AssertNoLeftovers();
        }, iter: 30, threads: 1);

        Assert.NotNull(_store.Verify(Old, out _));
        Write(2, 20);
        Assert.NotNull(_store.Verify(New, out _));
    }

    [Fact]
    public void A_cancelled_write_leaves_no_trace()
    {
        using var cancel = new CancellationTokenSource();
        var store = new FolderCheckpointStore(_store.Root)
        {
            Through = file =>
            {
                if (Path.GetFileName(file.Name) == CheckpointPlacement.Optimizer) cancel.Cancel();
                return file;
            },
        };

        Assert.Throws<OperationCanceledException>(() => store.Write(SomeCheckpoint.At(1, 10), cancel.Token));
        Assert.Empty(store.List());
        AssertNoLeftovers();
    }

    private string Folder(CheckpointId id) => Path.Combine(_store.Root, id.ToString());

    private string PathOf(CheckpointId id, string file) => Path.Combine(Folder(id), file);

    /// <summary>Takes so many bytes over all files, then none.</summary>
    private sealed class SmallDisk(long capacity)
    {
        private long _left = capacity;

        public Stream Through(FileStream file) => new Limited(this, file);

        private sealed class Limited(SmallDisk disk, FileStream file) : Stream
        {
            public override bool CanRead => false;
            public override bool CanSeek => false;
            public override bool CanWrite => true;
            public override long Length => file.Length;
            public override long Position { get => file.Position; set => throw new NotSupportedException(); }
            public override void Flush() => file.Flush();
            public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
            public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
            public override void SetLength(long value) => throw new NotSupportedException();

            public override void Write(byte[] buffer, int offset, int count)
            {
                int fits = (int)Math.Min(count, disk._left);
                file.Write(buffer, offset, fits);
                disk._left -= fits;
                if (fits < count) throw new IOException("No space left on device");
            }
        }
    }
}
