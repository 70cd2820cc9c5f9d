using ActorTrainer.Core.Data;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Training;
using TorchSharp;

namespace ActorTrainer.Torch.Tests.Training;

public sealed class TrainSessionSpec
{
    [Theory]
    [InlineData("sgd")]
    [InlineData("adam")]
    [InlineData("adamw")]
    public void The_loss_falls(string optimizer)
    {
        var course = new Course { Legs = [new() { Epochs = 8, Optimizer = Course.Optimizer(optimizer) }] };
        using var session = course.Begin();

        var results = course.Run(session, TrainingCursor.Start).Results;

        Assert.True(results[^1].Loss < 0.6 * results[0].Loss, $"{results[0].Loss} -> {results[^1].Loss}");
        Assert.All(results, result => Assert.InRange(result.Correct, 0, result.Samples));
    }

    [Fact]
    public void A_step_tells_where_its_time_went()
    {
        var course = new Course { Shards = 2 };
        using var session = course.Begin();
        Assert.Equal(default, session.Times);
        course.Run(session, TrainingCursor.Start, 1);
        var times = session.Times;
        Assert.All([times.Forward, times.Backward, times.Update], time => Assert.True(time > TimeSpan.Zero, $"{times}"));
    }

    [Fact]
    public void What_is_captured_is_what_was_begun_with()
    {
        var course = new Course();
        using var first = course.Begin();
        var (cursor, _) = course.Run(first, TrainingCursor.Start, 4);
        var state = first.Capture(cursor);

        using var second = course.Open();
        second.Begin(cursor, state);

        Bits.Same(state, second.Capture(cursor));
    }

    [Theory]
    [InlineData("sgd")]
    [InlineData("adam")]
    public void A_state_is_taken_where_training_has_ended(string optimizer)
    {
        var course = new Course { Legs = [new() { Epochs = 2, Optimizer = Course.Optimizer(optimizer) }] };
        using var first = course.Begin();
        var (cursor, _) = course.Run(first, TrainingCursor.Start);
        Assert.Equal((1, 0), (cursor.Phase, cursor.StepInPhase));
        var state = first.Capture(cursor);

        using var second = course.Open();
        second.Begin(cursor, state);

        Bits.Same(state, second.Capture(cursor));
    }

    [Fact]
    public void A_captured_state_does_not_change_when_training_goes_on()
    {
        var course = new Course { Architecture = "mobilenet_v2", ImageSize = 64 };
        using var session = course.Begin();
        var (cursor, _) = course.Run(session, TrainingCursor.Start, 1);
        var state = session.Capture(cursor);
        var copy = state with { Weights = [.. state.Weights.Select(tensor => tensor with { Data = tensor.Data.ToArray() })] };

        course.Run(session, cursor, 1);

        Bits.Same(copy, state);
    }

    [Fact]
    public void A_step_that_is_computed_and_never_applied_leaves_the_state_bit_for_bit()
    {
        var course = new Course { Architecture = "mobilenet_v2", ImageSize = 64, Shards = 2 };
        using var session = course.Begin();
        using var undisturbed = course.Begin();
        var (cursor, _) = course.Run(session, TrainingCursor.Start, 2);
        course.Run(undisturbed, TrainingCursor.Start, 2);
        var before = session.Capture(cursor);

        using (var batch = course.Batch(cursor)) session.Compute(batch, course.Plan.Coordinates(cursor), ShardRange.All(2));
        Bits.Same(before, session.Capture(cursor));

        var (end, _) = course.Run(session, cursor, 2);
        course.Run(undisturbed, cursor, 2);
        Bits.Same(undisturbed.Capture(end), session.Capture(end));
    }

    [Theory]
    [InlineData(float.NaN, GradientPrecision.Full)]
    [InlineData(float.PositiveInfinity, GradientPrecision.Full)]
    [InlineData(float.NaN, GradientPrecision.Bf16)]
    public void A_loss_that_is_not_finite_leaves_the_state_of_the_step_before(float poison, GradientPrecision gradients)
    {
        var course = new Course { Architecture = "mobilenet_v2", ImageSize = 64, Shards = 2, Gradients = gradients };
        using var session = course.Begin();
        using var undisturbed = course.Begin();
        var (cursor, _) = course.Run(session, TrainingCursor.Start, 2);
        course.Run(undisturbed, TrainingCursor.Start, 2);
        var before = session.Capture(cursor);

        using (var batch = course.Batch(cursor))
        {
            batch.Weights[^1] = poison;
            var thrown = Assert.Throws<NonFiniteLossException>(() => session.Compute(batch, course.Plan.Coordinates(cursor), ShardRange.All(2), _ => Assert.Fail("what is not finite is not given")));
            Assert.Equal(3, thrown.Step.Value);
        }

        Bits.Same(before, session.Capture(cursor));
        var (end, _) = course.Run(session, cursor, 2);
        course.Run(undisturbed, cursor, 2);
        Bits.Same(undisturbed.Capture(end), session.Capture(end));
    }

    [Theory]
    [InlineData(GradientPrecision.Full)]
    [InlineData(GradientPrecision.Bf16)]
    public void A_sum_of_gradients_that_is_not_finite_is_refused_before_the_switch(GradientPrecision gradients)
    {
        var course = new Course { Shards = 2, Gradients = gradients };
        using var session = course.Begin();
        var before = session.Capture(TrainingCursor.Start);
        var at = course.Plan.Coordinates(TrainingCursor.Start);
        using var batch = course.Batch(TrainingCursor.Start);
        var own = Assert.Single(session.Compute(batch, at, ShardRange.All(2)));
        byte[] received = own.Values.ToArray();
        BitConverter.TryWriteBytes(received.AsSpan(40), float.NaN);

        Assert.Throws<NonFiniteLossException>(() => session.Apply(own with { Values = received }, at));

        Bits.Same(before, session.Capture(TrainingCursor.Start));
    }

    [Fact]
    public void After_a_switch_that_broke_off_there_is_no_state()
    {
        var course = new Course();
        using var session = course.Begin();
        var at = course.Plan.Coordinates(TrainingCursor.Start);
        using var batch = course.Batch(TrainingCursor.Start);
        var sums = session.Compute(batch, at, ShardRange.All(1));
        session.DuringSwitch = () => throw new TimeoutException();

        Assert.Throws<TimeoutException>(() => session.Apply(sums[0], at));

        Assert.Contains("no state", Assert.Throws<InvalidOperationException>(() => session.Compute(batch, at, ShardRange.All(1))).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => session.Capture(TrainingCursor.Start));
        session.Begin(TrainingCursor.Start, null);
        session.DuringSwitch = null;
        course.Run(session, TrainingCursor.Start, 1);
    }

    [Fact]
    public void A_step_is_applied_once_and_only_after_it_was_computed()
    {
        var course = new Course();
        using var session = course.Begin();
        var at = course.Plan.Coordinates(TrainingCursor.Start);
        using var batch = course.Batch(TrainingCursor.Start);
        var sums = session.Compute(batch, at, ShardRange.All(1));
        session.Apply(sums[0], at);

        Assert.Throws<InvalidOperationException>(() => session.Apply(sums[0], at));
        Assert.Throws<ArgumentException>(() => session.Compute(batch, at, ShardRange.All(1)));
    }

    [Fact]
    public void A_sample_of_weight_zero_moves_nothing()
    {
        var course = new Course();
        using var one = course.Begin();
        using var other = course.Begin();
        var at = course.Plan.Coordinates(TrainingCursor.Start);
        using HostBatch batch = course.Batch(TrainingCursor.Start), changed = course.Batch(TrainingCursor.Start);
        batch.Weights[3] = changed.Weights[3] = 0;
        changed.Pixels.Span[(3 * 256)..(4 * 256)].Clear();

        var expected = one.Apply(one.Compute(batch, at, ShardRange.All(1))[0], at);
        var actual = other.Apply(other.Compute(changed, at, ShardRange.All(1))[0], at);

        Assert.Equal(expected, actual);
        Assert.Equal(7, expected.Samples);
        Bits.Same(one.Capture(course.Plan.Advance(TrainingCursor.Start)), other.Capture(course.Plan.Advance(TrainingCursor.Start)));
    }

    [Fact]
    public void A_call_from_a_foreign_thread_is_refused()
    {
        var course = new Course();
        using var session = course.Begin();
        Exception? thrown = null;

        var thread = new Thread(() => thrown = Record.Exception(() => session.Capture(TrainingCursor.Start)));
        thread.Start();
        thread.Join();

        Assert.IsType<InvalidOperationException>(thrown);
    }

    [Fact]
    public void Steps_leave_no_tensors_behind()
    {
        var course = new Course { Shards = 4, Samples = 29, GradientClip = 1, Legs = [new() { Epochs = 30, Optimizer = Course.Adam }] };
        using var session = course.Begin();
        var (cursor, _) = course.Run(session, TrainingCursor.Start, 10);
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        course.Run(session, cursor, 100);

        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void The_learning_rate_of_a_step_is_the_schedules()
    {
        var course = new Course { Legs = [new() { Epochs = 4 }] };
        using var session = course.Begin();

        var results = course.Run(session, TrainingCursor.Start).Results;

        Assert.Equal(0.05 / 3, results[0].LearningRate, 12);
        Assert.Equal(0.05, results[3].LearningRate, 12);
        Assert.True(results[^1].LearningRate < 0.005);
    }

    [Fact]
    public void A_clipped_step_is_as_long_as_allowed()
    {
        var plain = new OptimizerSettings { Type = OptimizerType.Sgd, LearningRate = 0.1 };
        var course = new Course { Precision = Precision.Fp64, GradientClip = 1e-3, Legs = [new() { Optimizer = plain }] };
        using var session = course.Begin();
        var before = session.Capture(TrainingCursor.Start);
        var (cursor, results) = course.Run(session, TrainingCursor.Start, 1);

        double length = Math.Sqrt(session.Capture(cursor).Weights.Zip(before.Weights)
            .Sum(pair => pair.First.Doubles().Zip(pair.Second.Doubles(), (a, b) => (a - b) * (a - b)).Sum()));

        Assert.Equal(1e-3 * results[0].LearningRate, length, 8);
    }
}
