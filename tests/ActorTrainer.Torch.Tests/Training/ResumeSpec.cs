using System.Collections.Immutable;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Torch.Tests.Training;

public sealed class ResumeSpec
{
    /// <summary>Three phases: all layers; the head anew for other classes with another optimizer; all again. Last batches are uneven, of 3 samples for 4 shards.</summary>
    private static Course ThreePhases(string architecture, string optimizer, int shards) => new()
    {
        Architecture = architecture, Shards = shards, Samples = 11, BatchSize = 8, LabelSmoothing = 0.1,
        ImageSize = architecture == "lenet5" ? 16 : 64,
        Legs =
        [
            new() { Optimizer = Course.Optimizer(optimizer) },
            new() { Epochs = 1, Classes = 3, Trainable = ["head"], RateScale = [("head", 3)], Optimizer = Course.Adam },
            new() { Epochs = 1, Classes = 3, LayerDecay = 0.5, Optimizer = Course.Optimizer(optimizer) },
        ],
    };

    [Theory]
    [InlineData("lenet5", "sgd", 1)]
    [InlineData("lenet5", "adam", 4)]
    [InlineData("lenet5", "adamw", 4)]
    [InlineData("mobilenet_v2", "sgd", 4)]
    [InlineData("mobilenet_v2", "adamw", 1)]
    public void From_any_step_it_ends_in_the_same_bits(string architecture, string optimizer, int shards)
    {
        var course = ThreePhases(architecture, optimizer, shards);
        using var session = course.Begin();
        var states = ImmutableArray.CreateBuilder<TrainingState>();
        var cursor = TrainingCursor.Start;
        while (!course.Plan.IsFinished(cursor))
        {
            (cursor, _) = course.Run(session, cursor, 1);
            states.Add(session.Capture(cursor));
        }

        Assert.Equal(8, states.Count);
        for (int i = 0; i < states.Count - 1; i++)
        {
            using var resumed = course.Open();
            resumed.Begin(states[i].Cursor, states[i]);
            var (next, _) = course.Run(resumed, states[i].Cursor, i == 0 ? long.MaxValue : 1);
            Bits.Same(i == 0 ? states[^1] : states[i + 1], resumed.Capture(next));
        }
    }

    [Fact]
    public void The_old_phases_end_begins_the_next_phase_like_live_state_does()
    {
        var course = ThreePhases("resnet18", "adam", 1);
        using var live = course.Begin();
        var (atEnd, _) = course.Run(live, TrainingCursor.Start, 3);
        course.Step(live, atEnd);
        var next = course.Plan.Advance(atEnd);
        var stored = live.Capture(next);

        live.EnterPhase(next);
        using var begun = course.Open();
        begun.Begin(next, stored);

        Bits.Same(live.Capture(next), begun.Capture(next));
        Assert.Equal(1, next.Phase);
        Assert.Equal(["fc.bias", "fc.weight"], stored.Weights.Zip(live.Capture(next).Weights).Where(pair => !pair.First.Shape.SequenceEqual(pair.Second.Shape)).Select(pair => pair.First.Name).Order());
        Assert.All(begun.Capture(next).Optimizer.Where(slot => slot.Name != "step"), slot => Assert.All(slot.Data.ToArray(), value => Assert.Equal(0, value)));
    }

    [Fact]
    public void Drawn_weights_and_the_same_weights_as_a_state_begin_alike()
    {
        var course = ThreePhases("lenet5", "sgd", 4);
        using var drawn = course.Open();
        drawn.Begin(TrainingCursor.Start, null);
        using var given = course.Begin();

        var (end, expected) = course.Run(drawn, TrainingCursor.Start);

        Assert.Equal(expected, course.Run(given, TrainingCursor.Start).Results);
        Bits.Same(drawn.Capture(end), given.Capture(end));
    }

    [Fact]
    public void A_head_for_the_same_classes_stays()
    {
        var course = new Course { Legs = [new() { Epochs = 1 }, new() { Epochs = 1 }] };
        using var session = course.Begin();
        var (cursor, _) = course.Run(session, TrainingCursor.Start, 2);
        course.Step(session, cursor);
        var next = course.Plan.Advance(cursor);
        var before = session.Capture(next);

        session.EnterPhase(next);

        Bits.Same(before.Weights, session.Capture(next).Weights);
    }

    [Fact]
    public void An_optimizer_that_counted_other_steps_is_refused()
    {
        var course = new Course { Legs = [new() { Optimizer = Course.Adam }] };
        using var session = course.Begin();
        var (cursor, _) = course.Run(session, TrainingCursor.Start, 2);
        var state = session.Capture(cursor);

        using var other = course.Open();
        var thrown = Assert.Throws<EngineException>(() => other.Begin(cursor with { StepInPhase = 1 }, state));

        Assert.Contains("2 steps", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void State_that_is_missing_is_named()
    {
        var course = new Course();
        using var session = course.Begin();
        var (cursor, _) = course.Run(session, TrainingCursor.Start, 1);
        var state = session.Capture(cursor);

        using var other = course.Open();
        var slot = Assert.Throws<EngineException>(() => other.Begin(cursor, state with { Optimizer = state.Optimizer.RemoveAt(0) }));
        var weight = Assert.Throws<EngineException>(() => other.Begin(cursor, state with { Weights = state.Weights.RemoveAt(0) }));

        Assert.Throws<ArgumentException>(() => other.Begin(course.Plan.Advance(cursor), state));
        Assert.Contains(state.Optimizer[0].Name, slot.Message, StringComparison.Ordinal);
        Assert.Contains(state.Weights[0].Name, weight.Message, StringComparison.Ordinal);
    }
}
