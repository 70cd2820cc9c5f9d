using ActorTrainer.Core.Checkpoints;
using ActorTrainer.Core.Experiments;
using CsCheck;

namespace ActorTrainer.Transport.Tests.Checkpoints;

/// <summary>What training, recovery and retention rest on, wherever checkpoints are kept.</summary>
public abstract class CheckpointStoreContract : IDisposable
{
    private protected static readonly CheckpointId Old = SomeCheckpoint.Id(1, 10), New = SomeCheckpoint.Id(2, 20);

    /// <summary>Empty at first. May skip the test.</summary>
    private protected abstract ICheckpointStore Store { get; }

    /// <summary>How many damages a property tries: a store behind a network is slower.</summary>
    private protected abstract int Tries { get; }

    /// <summary>What a process of its own is told, so that it opens this store.</summary>
    private protected abstract string Location { get; }

    private static readonly string[] Files = [CheckpointPlacement.Weights, CheckpointPlacement.Optimizer, CheckpointPlacement.Manifest];

    public static TheoryData<string> Names => new(Files);

    public abstract void Dispose();

    private protected abstract byte[] Get(CheckpointId id, string file);

    /// <summary>Under the store's hands.</summary>
    private protected abstract void Put(CheckpointId id, string file, ReadOnlySpan<byte> bytes);

    private protected abstract void Remove(CheckpointId id, string file);

    /// <summary>What is there and no part of a whole checkpoint.</summary>
    private protected abstract IReadOnlyList<string> Leftovers { get; }

    private protected void AssertNoLeftovers() => Assert.Empty(Leftovers);

    [SkippableFact]
    public void What_is_written_is_read_back_whole()
    {
        var stored = Write(1, 10);

        SomeCheckpoint.AssertSame(SomeCheckpoint.At(1, 10), Store.Read(Old));
        Assert.Equal(stored, Store.Verify(Old, out string? problem));
        Assert.Null(problem);
        Assert.Equal(Files.Sum(file => (long)Get(Old, file).Length), stored.Bytes);
    }

    [SkippableFact]
    public void What_a_checkpoint_is_can_be_told_without_its_tensors_and_its_weights_taken_as_they_stand()
    {
        Write(1, 10);

        Assert.Equal(SomeCheckpoint.At(1, 10).Model.Classes.AsEnumerable(), Store.Describe(Old).Model.Classes);
        using var weights = Store.OpenWeights(Old);
        using var bytes = new MemoryStream();
        weights.CopyTo(bytes);
        Assert.Equal(Get(Old, CheckpointPlacement.Weights), bytes.ToArray());
        Assert.Throws<CheckpointDamagedException>(() => Store.OpenWeights(New));
    }

    [SkippableFact]
    public void A_store_without_anything_in_it_holds_nothing()
    {
        Assert.Empty(Store.List());
        Store.Sweep(new(3));
        Store.Delete(Old);
        Assert.Null(Store.Verify(Old, out string? problem));
        Assert.Contains("missing", problem);
    }

    [SkippableFact]
    public void The_list_is_by_step()
    {
        Write(2, 20);
        Write(1, 100);
        Write(1, 10);
        Assert.Equal([Old, New, SomeCheckpoint.Id(1, 100)], Listed);
    }

    [SkippableFact]
    public void The_same_content_is_the_same_files()
    {
        string first = Write(1, 10).Sha256;
        Store.Delete(Old);

        Assert.Equal(first, Write(1, 10).Sha256);
    }

    [SkippableFact]
    public void Writing_again_what_is_there_changes_nothing()
    {
        var first = Write(1, 10);

        Assert.Equal(first, Write(1, 10));
        Assert.Equal(first, Store.Verify(Old, out _));
        AssertNoLeftovers();
    }

    [SkippableFact]
    public void Writing_again_what_is_damaged_mends_it()
    {
        var first = Write(1, 10);
        Remove(Old, CheckpointPlacement.Optimizer);

        Assert.Equal(first, Write(1, 10));
        Assert.Equal(first, Store.Verify(Old, out _));
        AssertNoLeftovers();
    }

    [SkippableFact]
    public void A_deleted_checkpoint_is_gone_and_deleting_it_again_is_harmless()
    {
        Write(1, 10);
        Write(2, 20);

        Store.Delete(Old);
        Store.Delete(Old);

        Assert.Equal([New], Listed);
        AssertNoLeftovers();
    }

    [SkippableTheory]
    [MemberData(nameof(Names))]
    public void A_missing_file_is_damage(string name)
    {
        Write(1, 10);
        Remove(Old, name);

        AssertDamaged(Old, $"{name} is missing");
    }

    [SkippableTheory]
    [MemberData(nameof(Names))]
    public void A_file_cut_anywhere_is_damage(string name)
    {
        Write(1, 10);
        byte[] whole = Get(Old, name);
        Gen.Int[0, whole.Length - 1].Sample(length =>
        {
            Put(Old, name, whole.AsSpan(0, length));
            AssertDamaged(Old);
        }, iter: Tries, threads: 1);
    }

    [SkippableTheory]
    [MemberData(nameof(Names))]
    public void One_flipped_bit_anywhere_is_damage(string name)
    {
        Write(1, 10);
        byte[] whole = Get(Old, name);
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Int[0, 7]).Sample((at, bit) =>
        {
            byte[] flipped = [.. whole];
            flipped[at] ^= (byte)(1 << bit);
            Put(Old, name, flipped);
            AssertDamaged(Old);
        }, iter: 2 * Tries, threads: 1);
    }

    [SkippableFact]
    public void A_checkpoint_under_another_name_is_damage()
    {
        Write(1, 10);
        foreach (string file in Files) Put(New, file, Get(Old, file));

        AssertDamaged(New, "its manifest is that of checkpoint 1-10");
    }

    [SkippableFact]
    public void Files_of_two_checkpoints_mixed_are_damage()
    {
        Write(1, 10);
        Write(2, 20);
        Put(New, CheckpointPlacement.Weights, Get(Old, CheckpointPlacement.Weights));

        AssertDamaged(New, CheckpointPlacement.Weights);
    }

    [SkippableTheory]
    [InlineData(Failpoints.CheckpointBegun, false)]
    [InlineData(Failpoints.CheckpointWeightsWritten, false)]
    [InlineData(Failpoints.CheckpointFilesWritten, false)]
    [InlineData(Failpoints.CheckpointRenamed, true)]
    public void A_process_killed_while_it_writes_leaves_a_whole_checkpoint_or_none(string failpoint, bool whole)
    {
        Write(1, 10);

        Assert.Equal(137, ChildProcess.Run(failpoint, ChildProcess.WriteCheckpoint, Location));

        Assert.Equal(whole ? [Old, New] : [Old], Listed);
        if (whole) SomeCheckpoint.AssertSame(SomeCheckpoint.At(2, 20), Store.Read(New));
        Store.Sweep(new(3));
        AssertNoLeftovers();
        Write(2, 20);
        SomeCheckpoint.AssertSame(SomeCheckpoint.At(2, 20), Store.Read(New));
        SomeCheckpoint.AssertSame(SomeCheckpoint.At(1, 10), Store.Read(Old));
    }

    [SkippableFact]
    public void What_a_newer_generation_is_writing_is_not_swept()
    {
        ChildProcess.Run(Failpoints.CheckpointWeightsWritten, ChildProcess.WriteCheckpoint, Location);      // New, of generation 2
        var begun = Leftovers;
        Assert.NotEmpty(begun);

        Store.Sweep(new(2));
        Assert.Equal(begun, Leftovers);
        Store.Sweep(new(3));
        Assert.Empty(Leftovers);
    }

    [SkippableFact]
    public void A_process_killed_while_it_deletes_has_taken_the_checkpoint_out_of_sight()
    {
        Write(1, 10);
        Write(2, 20);

        Assert.Equal(137, ChildProcess.Run(Failpoints.RetireRenamed, ChildProcess.DeleteCheckpoint, Location));

        Assert.Equal([New], Listed);
        Store.Delete(Old);
        AssertNoLeftovers();
    }

    private protected StoredCheckpoint Write(int generation, long step) => Store.Write(SomeCheckpoint.At(generation, step), CancellationToken.None);

    private protected CheckpointId[] Listed => [.. Store.List()];

    private protected void AssertDamaged(CheckpointId id, string problem = "")
    {
        Assert.Null(Store.Verify(id, out string? said));
        Assert.Contains(problem, said);
        Assert.Contains(problem, Assert.Throws<CheckpointDamagedException>(() => Store.Read(id)).Problem);
    }
}
