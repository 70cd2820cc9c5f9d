using System.Collections.Immutable;
using ActorTrainer.Core.Checkpoints;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Experiments.Placement;
using static ActorTrainer.Core.Experiments.ExperimentEvents;
using static ActorTrainer.Core.Tests.Experiments.History;

namespace ActorTrainer.Core.Tests.Experiments.Placement;

/// <summary>What the simulator found, told step by step.</summary>
public sealed class ConductorSpec
{
    private static readonly CheckpointSurvey Nothing = new([], [], []);
    private readonly Conductor _conductor = new(new(Definition(), 1, 2, "me", RegroupingSpec.Plan, (_, _) => default, () => At));
    private readonly List<IExperimentEvent> _journal = [];
    private readonly List<ConductorEffect> _done = [];

    [Fact]
    public void A_generation_whose_only_node_is_gone_is_never_begun_again()
    {
        BeginFirst();
        Do(_conductor.Broken(new(1), Lost("a"), "a: gone", refused: false));
        Do(_conductor.Surveyed(Last<ConductorEffect.Survey>().Number, Nothing));
        Assert.IsType<ConductorEffect.RequestSeats>(_done[^1]);
        Assert.Single(_journal.OfType<GenerationStarted>());

        Do(_conductor.Granted(["b"]));
        Assert.Equal(new Generation(2), Last<ConductorEffect.Lead>().Generation);
    }

    [Fact]
    public void A_survey_that_was_overtaken_counts_for_nothing()
    {
        BeginFirst("a", "b");
        Do(_conductor.Broken(new(1), Lost("b"), "b: gone", refused: false));
        Gather(2, "a");
        int overtaken = Last<ConductorEffect.Survey>().Number;
        Do(_conductor.Broken(new(2), ImmutableDictionary<string, string>.Empty, "again", refused: false));
        Gather(2, "a");
        Do(_conductor.Surveyed(overtaken, new([], [(new(Id(1, 10), new string('a', 64), 1), Cursor(10))], [Id(0, 5)])));
        Assert.DoesNotContain(_journal, happened => happened is CheckpointCommitted);
        Assert.DoesNotContain(_done, effect => effect is ConductorEffect.Delete);

        Do(_conductor.Surveyed(Last<ConductorEffect.Survey>().Number, Nothing));
        Assert.Equal(new Generation(2), _journal.OfType<GenerationStarted>().Last().Generation);
    }

    [Fact]
    public void A_checkpoint_that_its_writer_tells_of_while_the_store_is_looked_at_is_committed_once()
    {
        BeginFirst();
        Do(_conductor.Broken(new(1), Lost("a"), "a: gone", refused: false));
        var stored = new StoredCheckpoint(Id(1, 10), new string('a', 64), 1);
        Do(_conductor.Written(stored, Cursor(10), default));
        Do(_conductor.Surveyed(Last<ConductorEffect.Survey>().Number, new([(Id(1, 5), "it was retired and is gone")], [(stored, Cursor(10))], [])));
        Assert.Single(_journal.OfType<CheckpointCommitted>());
        Assert.DoesNotContain(_journal, happened => happened is CheckpointLost);
    }

    [Fact]
    public void A_cancel_that_comes_while_the_generation_is_looked_for_is_asked_again_when_it_is_found()
    {
        foreach (var happened in new IExperimentEvent[] { Created(), new GenerationStarted(new(1), Cursor(0), null, 1, At, [new("a", new(0, 2))]) }) _conductor.Apply(happened);
        Do(_conductor.TakeOver());
        Do(_conductor.Found(["a"]));
        Do(_conductor.Cancel());
        _done.Clear();
        Do(_conductor.Reattached());
        Assert.Contains(_done, effect => effect is ConductorEffect.RequestAfterStep);
    }

    [Fact]
    public void Whoever_takes_over_one_that_is_given_up_does_nothing_more()
    {
        foreach (var happened in new IExperimentEvent[] { Created(), new ExperimentCancelled(At) }) _conductor.Apply(happened);
        Assert.Equal([new ConductorEffect.End()], _conductor.TakeOver());
    }

    [Fact]
    public void One_who_was_replaced_gives_way()
    {
        Do(_conductor.TakeOver());
        _conductor.Apply(new CoordinatorTook("another", At));
        Assert.Equal([new ConductorEffect.GiveWay("another")], _conductor.TakeOver());
    }

    /// <summary>Whoever was overtaken can't journal the next generation, and so sweeps nothing that its successor is writing.</summary>
    [Fact]
    public void What_was_begun_is_swept_once_the_next_generation_is_journalled()
    {
        Do(_conductor.TakeOver());
        Do(_conductor.Surveyed(Last<ConductorEffect.Survey>().Number, Nothing));
        Do(_conductor.Granted(["a"]));
        Assert.DoesNotContain(_done, effect => effect is ConductorEffect.Sweep);

        Gather(1, "a");
        Assert.Equal(new Generation(1), Last<ConductorEffect.Sweep>().Before);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Where_the_last_steps_checkpoint_is_there_nothing_is_trained_again(bool committed)
    {
        var last = Committed(1, 40);
        foreach (var happened in new IExperimentEvent[] { Created(), new GenerationStarted(new(1), Cursor(0), null, 1, At, [new("a", new(0, 2))]) }) _conductor.Apply(happened);
        if (committed) _conductor.Apply(last);
        Do(_conductor.TakeOver());
        Do(_conductor.Found([]));
        Do(_conductor.Surveyed(Last<ConductorEffect.Survey>().Number, committed ? Nothing : new([], [(new(last.Checkpoint, last.Sha256, last.Bytes), last.Cursor)], [])));
        Assert.Equal(new(40), Assert.Single(_journal.OfType<TrainingFinished>()).Step);
        Assert.IsType<ConductorEffect.Finish>(_done[^1]);
        Assert.DoesNotContain(_done, effect => effect is ConductorEffect.RequestSeats or ConductorEffect.Lead);
    }

    private void BeginFirst(params string[] nodes)
    {
        Do(_conductor.TakeOver());
        Do(_conductor.Surveyed(Last<ConductorEffect.Survey>().Number, Nothing));
        Do(_conductor.Granted(nodes.Length > 0 ? [.. nodes] : ["a"]));
        Gather(1, [.. Last<ConductorEffect.Lead>().Seats.Select(seat => seat.Node)]);
        Assert.IsType<ConductorEffect.Evaluate>(_done[^1]);
    }

    private void Gather(int generation, params string[] nodes) =>
        Do(_conductor.Gathered(new(generation), [.. nodes.Select(node => new SeatPlace(node, new(0, 2)))], [.. nodes.Select(_ => (LiveState?)null)]));

    private static ImmutableDictionary<string, string> Lost(string node) => ImmutableDictionary<string, string>.Empty.Add(node, "gone");

    private T Last<T>() where T : ConductorEffect => _done.OfType<T>().Last();

    private void Do(IReadOnlyList<ConductorEffect> effects)
    {
        foreach (var effect in effects)
        {
            _done.Add(effect);
            if (effect is not ConductorEffect.Journal journal) continue;
            foreach (var happened in journal.Events)
            {
                _journal.Add(happened);
                _conductor.Apply(happened);
            }

            Do(journal.Then());
        }
    }
}
