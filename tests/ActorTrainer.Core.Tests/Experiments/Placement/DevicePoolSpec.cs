using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Experiments.Placement;

namespace ActorTrainer.Core.Tests.Experiments.Placement;

public sealed class DevicePoolSpec
{
    private static readonly ExperimentName A = new("a"), B = new("b"), C = new("c");

    private static DevicePool Of(params string[] trainers) => trainers.Aggregate(DevicePool.Empty, (pool, name) => pool.Join(new(name, Trains: true, Evaluates: true)));

    [Fact]
    public void An_experiment_gets_all_it_can_use_at_once()
    {
        var (pool, grants) = Of("n1", "n2", "n3").Request(A, 1, 2, 0).Allocate();
        Assert.Equal(["n1", "n2"], Assert.Single(grants).Seats.ToArray());
        Assert.Empty(pool.Queue);
    }

    [Fact]
    public void Fewer_than_its_least_are_nothing_until_there_are_enough()
    {
        var (pool, grants) = Of("n1").Request(A, 2, 4, 0).Allocate();
        Assert.Empty(grants);
        (_, grants) = pool.Join(new("n2", true, true)).Allocate();
        Assert.Equal(["n1", "n2"], Assert.Single(grants).Seats.ToArray());
    }

    [Fact]
    public void Whoever_waits_first_holds_back_those_behind_and_priority_goes_before()
    {
        var pool = Of("n1").Request(A, 2, 2, 0).Request(B, 1, 1, 0);
        Assert.Empty(pool.Allocate().Grants);
        Assert.Equal(B, Assert.Single(pool.Request(B, 1, 1, priority: 1).Allocate().Grants).Experiment);
    }

    [Fact]
    public void What_others_need_at_the_least_is_left_to_them()
    {
        var (_, grants) = Of("n1", "n2", "n3", "n4").Request(A, 1, 4, 0).Request(B, 1, 4, 0).Request(C, 1, 1, 0).Allocate();
        Assert.Equal([2, 1, 1], grants.Select(grant => grant.Seats.Length));
    }

    [Fact]
    public void Asked_again_it_keeps_what_it_has_in_its_order_and_gets_more()
    {
        var (pool, _) = Of("n2").Request(A, 1, 3, 0).Allocate();
        pool = pool.Join(new("n1", true, true));
        Assert.Equal([A], pool.WouldGain.ToArray());
        Assert.Equal(["n2", "n1"], Assert.Single(pool.Request(A, 1, 3, 0).Allocate().Grants).Seats.ToArray());
    }

    [Fact]
    public void A_node_that_wants_to_leave_is_taken_from_who_has_it_and_given_to_nobody()
    {
        var (pool, _) = Of("n1", "n2").Request(A, 1, 2, 0).Allocate();
        pool = pool.Leave("n1");
        Assert.Equal([A], pool.WouldGain.ToArray());
        (pool, var grants) = pool.Request(A, 1, 2, 0).Allocate();
        Assert.Equal(["n2"], Assert.Single(grants).Seats.ToArray());
        Assert.Empty(pool.WouldGain);
    }

    [Fact]
    public void A_node_that_failed_is_given_to_nobody_until_it_shows_life()
    {
        var (pool, _) = Of("n1", "n2").Request(A, 1, 2, 0).Allocate();
        (pool, var grants) = pool.Doubt(A, "n1").Request(A, 1, 2, 0).Allocate();
        Assert.Equal(["n2"], Assert.Single(grants).Seats.ToArray());
        Assert.Equal([A], pool.Trust("n1").WouldGain.ToArray());
    }

    [Fact]
    public void A_node_that_is_gone_is_nobodys()
    {
        var (pool, _) = Of("n1", "n2").Request(A, 1, 2, 0).Allocate();
        Assert.Equal(["n2"], pool.Remove("n1").Held[A].ToArray());
        Assert.Empty(pool.Remove("n1").WouldGain);
    }

    [Fact]
    public void What_is_released_serves_the_next()
    {
        var (pool, _) = Of("n1").Request(A, 1, 1, 0).Allocate();
        (pool, var grants) = pool.Request(B, 1, 1, 0).Allocate();
        Assert.Empty(grants);
        Assert.Equal(B, Assert.Single(pool.Release(A).Allocate().Grants).Experiment);
    }

    [Fact]
    public void Evaluations_go_first_to_who_does_not_train()
    {
        var pool = Of("n1", "n2").Join(new("n3", Trains: false, Evaluates: true));
        Assert.Equal("n3", pool.Evaluator());
        (pool, _) = pool.Remove("n3").Request(A, 1, 1, 0).Allocate();
        Assert.Equal("n2", pool.Evaluator());
        Assert.Null(DevicePool.Empty.Evaluator());
    }

    [Fact]
    public void A_node_of_several_devices_gives_several_seats_and_the_first_has_its_name()
    {
        var (pool, grants) = Of("n1").Join(new("n2", true, true, Seats: 3)).Request(A, 1, 3, 0).Request(B, 1, 4, 0).Allocate();
        Assert.Equal(["n1", "n2", "n2#1"], grants[0].Seats.ToArray());
        Assert.Equal(["n2#2"], grants[1].Seats.ToArray());
        Assert.True(pool.HoldsAnyOf("n2"));
    }

    [Fact]
    public void With_the_node_all_its_seats_are_gone_or_leave()
    {
        var (pool, _) = Of("n1").Join(new("n2", true, true, Seats: 2)).Request(A, 1, 3, 0).Allocate();
        Assert.Equal(["n1"], pool.Remove("n2").Held[A].ToArray());
        pool = pool.Leave("n2");
        Assert.Equal([A], pool.WouldGain.ToArray());
        Assert.Equal(["n1"], Assert.Single(pool.Request(A, 1, 3, 0).Allocate().Grants).Seats.ToArray());
    }

    [Fact]
    public void A_seat_that_failed_is_doubted_alone_until_its_node_shows_life()
    {
        var (pool, _) = DevicePool.Empty.Join(new("n1", true, true, Seats: 2)).Request(A, 1, 2, 0).Allocate();
        pool = pool.Doubt(A, "n1#1");
        Assert.Equal(["n1"], pool.InDoubt.ToArray());
        Assert.Equal(["n1"], Assert.Single(pool.Request(A, 1, 2, 0).Allocate().Grants).Seats.ToArray());
        Assert.Equal(["n1", "n1#1"], Assert.Single(pool.Trust("n1").Request(A, 1, 2, 0).Allocate().Grants).Seats.ToArray());
    }

    [Theory]
    [InlineData("10.0.0.1:4053~7", "10.0.0.1:4053~7", 0)]
    [InlineData("10.0.0.1:4053~7#3", "10.0.0.1:4053~7", 3)]
    [InlineData("local#12", "local", 12)]
    public void A_seat_has_its_nodes_name_and_its_number(string name, string node, int seat)
    {
        Assert.Equal((node, seat), SeatName.Split(name));
        Assert.Equal(name, SeatName.Of(node, seat));
    }
}
