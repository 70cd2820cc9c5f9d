using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Core.Tests.Training;

public sealed class CheckpointTurnsSpec
{
    private static readonly StepDue Spare = new(EpochEnd: false, PhaseEnd: false, Evaluation: false, Checkpoint: true);
    private static readonly StepDue Evaluated = Spare with { EpochEnd = true, Evaluation = true };
    private readonly CheckpointTurns _turns = new();

    [Fact]
    public void One_is_written_at_a_time_and_the_next_waits_for_it()
    {
        _turns.Begin(writes: true, source: null);
        Assert.Equal(CheckpointTurn.Write, Write(At(1, 4), Spare));
        Assert.Equal(CheckpointTurn.Wait, _turns.Ask(At(1, 8), Evaluated));
        Assert.Equal(Evaluated, _turns.Waiting);
        _turns.Written(At(1, 4), new(1));
        Assert.False(_turns.IsWriting);
        Assert.Equal(CheckpointTurn.Write, Write(At(1, 8), Evaluated));
        Assert.Null(_turns.Waiting);
    }

    [Fact]
    public void None_is_written_twice()
    {
        _turns.Begin(writes: true, source: At(1, 4));
        Assert.Equal(CheckpointTurn.Nothing, _turns.Ask(At(2, 4), Spare));
        Assert.Equal(CheckpointTurn.Write, Write(At(2, 8), Spare));
        Assert.Equal(CheckpointTurn.Nothing, _turns.Ask(At(2, 8), Spare));
        _turns.Written(At(2, 8), new(2));
        Assert.Equal(CheckpointTurn.Nothing, _turns.Ask(At(2, 8), Spare));
    }

    [Fact]
    public void One_that_failed_is_written_when_it_is_asked_for_again()
    {
        _turns.Begin(writes: true, source: null);
        Write(At(1, 4), Spare);
        _turns.Failed();
        Assert.Equal(CheckpointTurn.Write, Write(At(1, 4), Spare));
    }

    [Fact]
    public void Who_does_not_own_shard_0_writes_none()
    {
        _turns.Begin(writes: false, source: null);
        Assert.Equal(CheckpointTurn.Nothing, _turns.Ask(At(1, 4), Spare));
    }

    [Fact]
    public void A_write_outlives_its_generation_and_does_not_count_for_the_next()
    {
        _turns.Begin(writes: true, source: null);
        Write(At(1, 4), Spare);
        _turns.Begin(writes: true, source: null);
        Assert.Equal(CheckpointTurn.Wait, _turns.Ask(At(2, 4), Spare));
        _turns.Written(At(1, 4), new(2));
        Assert.Equal(CheckpointTurn.Write, Write(At(2, 4), Spare));
    }

    [Fact]
    public void While_they_are_held_only_those_that_evaluations_rest_on_are_wanted()
    {
        _turns.Begin(writes: true, source: null);
        _turns.Hold(true);
        Assert.False(_turns.Wants(Spare));
        Assert.True(_turns.Wants(Evaluated));
        Assert.False(_turns.Wants(default));
        _turns.Hold(false);
        Assert.True(_turns.Wants(Spare));
    }

    [Fact]
    public void One_whose_state_could_not_be_captured_is_not_waited_for()
    {
        _turns.Begin(writes: true, source: null);
        Assert.Equal(CheckpointTurn.Write, _turns.Ask(At(1, 4), Spare));
        Assert.False(_turns.IsWriting);
        Assert.Equal(CheckpointTurn.Write, _turns.Ask(At(1, 4), Spare));
    }

    private CheckpointTurn Write(CheckpointId here, StepDue due)
    {
        var turn = _turns.Ask(here, due);
        if (turn == CheckpointTurn.Write) _turns.Begun(here);
        return turn;
    }

    private static CheckpointId At(int generation, long step) => new(new(generation), new(step));
}
