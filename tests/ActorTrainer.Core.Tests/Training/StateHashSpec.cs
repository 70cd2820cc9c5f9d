using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Core.Tests.Training;

public sealed class StateHashSpec
{
    private static readonly TrainingState State = new(
        new(1, 20, new(120), 3), [Tensor("a.weight", 1), Tensor("b.weight", 2)], [Tensor("a.weight.momentum", 3), Tensor("b.weight.momentum", 4)]);

    [Fact]
    public void It_is_what_anyone_computes_from_the_cursor_and_the_two_digests() =>
        Assert.Equal("99f273247f7c0108980a9103f724f4e5846e098bf90f80e45e37c8d497f7bb71", StateHash.Of(State));

    [Fact]
    public void The_order_of_tensors_does_not_count() =>
        Assert.Equal(StateHash.Of(State), StateHash.Of(State with { Weights = [State.Weights[1], State.Weights[0]], Optimizer = [State.Optimizer[1], State.Optimizer[0]] }));

    [Fact]
    public void Whatever_training_goes_on_from_counts()
    {
        TrainingState[] others =
        [
            State with { Cursor = State.Cursor with { Phase = 2 } }, State with { Cursor = State.Cursor with { StepInPhase = 21 } },
            State with { Cursor = State.Cursor with { Step = new(121) } }, State with { Cursor = State.Cursor with { EpochsBefore = 4 } },
            State with { Weights = [Tensor("a.weight", 1), Tensor("b.weight", 9)] }, State with { Optimizer = [Tensor("a.weight.momentum", 9), Tensor("b.weight.momentum", 4)] },
            State with { Optimizer = [] }, State with { Weights = State.Optimizer, Optimizer = State.Weights },
        ];
        Assert.Equal(others.Length + 1, others.Append(State).Select(StateHash.Of).Distinct().Count());
    }

    private static NamedTensor Tensor(string name, byte value) => new(name, TensorType.Float32, [2], new byte[] { value, 0, 0, 0, 0, value, 0, 0 });
}
