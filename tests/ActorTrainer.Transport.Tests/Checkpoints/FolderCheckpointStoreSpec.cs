using ActorTrainer.Core.Checkpoints;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Transport.Checkpoints;
using CsCheck;

namespace ActorTrainer.Transport.Tests.Checkpoints;

public sealed class FolderCheckpointStoreSpec : IDisposable
{
    private static readonly CheckpointId Old = SomeCheckpoint.Id(1, 10), New = SomeCheckpoint.Id(2, 20);
    private static readonly string[] FileNames = [CheckpointPlacement.Weights, CheckpointPlacement.Optimizer, CheckpointPlacement.Manifest];
    private readonly TemporaryFolder _folder = new();
    private readonly FolderCheckpointStore _store;

    public FolderCheckpointStoreSpec() => _store = new(_folder["checkpoints"]);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_is_written_is_read_back_whole()
    {
        var stored = Write(1, 10);

        SomeCheckpoint.AssertSame(SomeCheckpoint.At(1, 10), _store.Read(Old));
        Assert.Equal(stored, _store.Verify(Old, out string? problem));
        Assert.Null(problem);
        Assert.Equal(Files(Old).Sum(file => new FileInfo(file).Length), stored.Bytes);
    }

    [Fact]
    public void A_folder_that_is_not_there_yet_holds_nothing()
    {
        Assert.Empty(_store.List());
        _store.Sweep();
        _store.Delete(Old);
        Assert.Null(_store.Verify(Old, out string? problem));
        Assert.Contains("missing", problem);
    }

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
    public void The_same_content_is_the_same_files()
    {
        string first = Write(1, 10).Sha256;
        _store.Delete(Old);

        Assert.Equal(first, Write(1, 10).Sha256);
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
    public void Writing_again_what_is_damaged_mends_it()
    {
        var first = Write(1, 10);
        File.Delete(Path.Combine(Folder(Old), CheckpointPlacement.Optimizer));

        Assert.Equal(first, Write(1, 10));
        Assert.Equal(first, _store.Verify(Old, out _));
        AssertNoLeftovers();
    }

    [Fact]
    public void A_deleted_checkpoint_is_gone_and_deleting_it_again_is_harmless()
    {
        Write(1, 10);
        Write(2, 20);

        _store.Delete(Old);
        _store.Delete(Old);

        Assert.Equal([New], Listed);
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

        _store.Sweep();

        Assert.Equal([".deleted-notes", "1-10", "notes", "x.tmp"], Directory.GetDirectories(_store.Root).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_missing_file_is_damage(string name)
    {
        Write(1, 10);
        File.Delete(Path.Combine(Folder(Old), name));

        AssertDamaged(Old, $"{name} is missing");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_file_cut_anywhere_is_damage(string name)
    {
        Write(1, 10);
        byte[] whole = File.ReadAllBytes(Path.Combine(Folder(Old), name));
        Gen.Int[0, whole.Length - 1].Sample(length =>
        {
            File.WriteAllBytes(Path.Combine(Folder(Old), name), whole.AsSpan(0, length));
            AssertDamaged(Old);
        }, iter: 50, threads: 1);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void One_flipped_bit_anywhere_is_damage(string name)
    {
        Write(1, 10);
        byte[] whole = File.ReadAllBytes(Path.Combine(Folder(Old), name));
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Int[0, 7]).Sample((at, bit) =>
        {
            byte[] flipped = [.. whole];
            flipped[at] ^= (byte)(1 << bit);
            File.WriteAllBytes(Path.Combine(Folder(Old), name), flipped);
            AssertDamaged(Old);
        }, iter: 100, threads: 1);
    }

    [Fact]
    public void A_checkpoint_under_another_name_is_damage()
    {
        Write(1, 10);
        Directory.Move(Folder(Old), Folder(New));

        AssertDamaged(New, "its manifest is that of checkpoint 1-10");
    }

    [Fact]
    public void Files_of_two_checkpoints_mixed_are_damage()
    {
        Write(1, 10);
        Write(2, 20);
        File.Copy(Path.Combine(Folder(Old), CheckpointPlacement.Weights), Path.Combine(Folder(New), CheckpointPlacement.Weights), overwrite: true);

        AssertDamaged(New, CheckpointPlacement.Weights);
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

    [Theory]
    [InlineData(Failpoints.CheckpointBegun, false)]
    [InlineData(Failpoints.CheckpointWeightsWritten, false)]
    [InlineData(Failpoints.CheckpointFilesWritten, false)]
    [InlineData(Failpoints.CheckpointRenamed, true)]
    public void A_process_killed_while_it_writes_leaves_a_whole_checkpoint_or_none(string failpoint, bool whole)
    {
        Write(1, 10);

        Assert.Equal(137, ChildProcess.Run(failpoint, ChildProcess.WriteCheckpoint, _store.Root));

        Assert.Equal(whole ? [Old, New] : [Old], Listed);
        if (whole) SomeCheckpoint.AssertSame(SomeCheckpoint.At(2, 20), _store.Read(New));
        _store.Sweep();
        AssertNoLeftovers();
        Assert.Equal(0, ChildProcess.Run(failpoint: null, ChildProcess.WriteCheckpoint, _store.Root));
        SomeCheckpoint.AssertSame(SomeCheckpoint.At(2, 20), _store.Read(New));
        SomeCheckpoint.AssertSame(SomeCheckpoint.At(1, 10), _store.Read(Old));
    }

    [Fact]
    public void A_process_killed_while_it_deletes_has_taken_the_checkpoint_out_of_sight()
    {
        Write(1, 10);
        Write(2, 20);

        Assert.Equal(137, ChildProcess.Run(Failpoints.RetireRenamed, ChildProcess.DeleteCheckpoint, _store.Root));

        Assert.Equal([New], Listed);
        _store.Delete(Old);
        AssertNoLeftovers();
    }

    public static TheoryData<string> Names => new(FileNames);

    private StoredCheckpoint Write(int generation, long step) => _store.Write(SomeCheckpoint.At(generation, step), CancellationToken.None);

    private CheckpointId[] Listed => [.. _store.List()];

    private string Folder(CheckpointId id) => Path.Combine(_store.Root, id.ToString());

    private IEnumerable<string> Files(CheckpointId id) => Directory.EnumerateFiles(Folder(id));

    private void AssertNoLeftovers() => Assert.All(Directory.GetFileSystemEntries(_store.Root), path => Assert.True(CheckpointId.TryParse(Path.GetFileName(path), out _), path));

    private void AssertDamaged(CheckpointId id, string problem = "")
    {
        Assert.Null(_store.Verify(id, out string? said));
        Assert.Contains(problem, said);
        Assert.Contains(problem, Assert.Throws<CheckpointDamagedException>(() => _store.Read(id)).Problem);
    }

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
