using ActorTrainer.Core.Checkpoints;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Randomness;
using ActorTrainer.EndToEnd.Tests.Processes;

namespace ActorTrainer.EndToEnd.Tests.Damage;

/// <summary>The newest checkpoint is no longer what was committed: the run falls back one, says so, and ends at the same digest.</summary>
[Collection(ProcessTests.Name)]
public class DamagedCheckpointSpec(Undisturbed undisturbed, DamagedCheckpointSpec.KilledRun killed) : IClassFixture<DamagedCheckpointSpec.KilledRun>
{
    public static TheoryData<string, string> Damages => new()
    {
        { "truncated", CheckpointPlacement.Weights }, { "truncated", CheckpointPlacement.Optimizer }, { "truncated", CheckpointPlacement.Manifest },
        { "flipped", CheckpointPlacement.Weights }, { "flipped", CheckpointPlacement.Optimizer }, { "flipped", CheckpointPlacement.Manifest },
        { "deleted", CheckpointPlacement.Manifest }, { "deleted", "" },
    };

    [Theory]
    [MemberData(nameof(Damages))]
    public Task A_killed_run_falls_back_one_checkpoint_and_says_so(string how, string file) => FallsBack(killed.Workshop, how, file);

    [Theory]
    [InlineData("truncated", CheckpointPlacement.Weights)]
    [InlineData("flipped", CheckpointPlacement.Weights)]
    [InlineData("deleted", "")]
    public Task So_does_a_completed_one_and_trains_its_last_steps_again(string how, string file) => FallsBack(undisturbed.Workshop, how, file);

    private async Task FallsBack(Workshop from, string how, string file)
    {
        using var workshop = from.Copy();
        var newest = workshop.Run.Checkpoints[^1];
        Damage(how, Path.Combine(workshop.Run[newest], file));

        var ended = (await workshop.Train()).Completes();

        Assert.Contains($"Checkpoint {newest}: ", ended.Error, StringComparison.Ordinal);
        Assert.Contains("falling back", ended.Error, StringComparison.Ordinal);
        Assert.Equal(undisturbed.Digest, ended.Digest);
        workshop.Run.IsAsWholeAs(undisturbed.Run);
    }

    private static void Damage(string how, string path)
    {
        var random = new RandomStream((ulong)Environment.TickCount64, RandomPurpose.Test, 0, 0);
        switch (how)
        {
            case "truncated":
                using (var file = File.OpenWrite(path)) file.SetLength(random.NextInt32((int)file.Length));
                break;
            case "flipped":
                byte[] bytes = File.ReadAllBytes(path);
                bytes[random.NextInt32(bytes.Length)] ^= (byte)(1 << random.NextInt32(8));
                File.WriteAllBytes(path, bytes);
                break;
            default:
                if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
                else File.Delete(path);
                break;
        }
    }

    /// <summary>Killed in the middle, and again once the journal had caught up with what was complete on disk: its newest checkpoint is a committed one.</summary>
    public sealed class KilledRun : IAsyncLifetime
    {
        internal Workshop Workshop { get; } = new();

        public async Task InitializeAsync()
        {
            (await Workshop.TrainUpTo($"{Failpoints.CheckpointCommitted}#9")).Returns(EndedProgram.Killed);
            (await Workshop.TrainUpTo($"{Failpoints.StepExchanged}#1")).Returns(EndedProgram.Killed);
        }

        public Task DisposeAsync()
        {
            Workshop.Dispose();
            return Task.CompletedTask;
        }
    }
}
