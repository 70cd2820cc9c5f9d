using ActorTrainer.Actors.Data;
using ActorTrainer.Actors.Tests.Fakes;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Training;
using Akka.Actor;
using Akka.TestKit.Xunit2;
using static ActorTrainer.Actors.Data.DataLoaderProtocol;

namespace ActorTrainer.Actors.Tests.Data;

public sealed class DataLoaderActorSpec() : TestKit(ActorSpec.Configuration)
{
    private readonly FakeExperimentData _data = new();

    private IActorRef Loader(int run = 1)
    {
        var loader = Sys.ActorOf(DataLoaderActor.Props());
        loader.Tell(new StartLoading(run, new TrainingSequence(Some.Plan(), cursor => _data.Training(cursor.Phase), TrainingCursor.Start, new(1), new(0, 1))), TestActor);
        return loader;
    }

    [Fact]
    public void Without_credit_nothing_is_loaded()
    {
        Loader();
        ExpectNoMsg(TimeSpan.FromMilliseconds(100));
        Assert.Equal(0, _data.Source.Outstanding);
    }

    [Fact]
    public void As_many_batches_come_as_there_is_credit_and_in_order()
    {
        var loader = Loader();
        loader.Tell(new RequestBatches(1, 3), TestActor);
        for (long step = 1; step <= 3; step++) Assert.Equal(step, ExpectMsg<BatchReady>().Batch.Request.Sequence);
        ExpectNoMsg(TimeSpan.FromMilliseconds(100));
        Assert.Equal(3, _data.Source.MostOutstanding);
    }

    [Fact]
    public void Loads_that_finish_out_of_order_are_delivered_in_order()
    {
        _data.Source.Hold = true;
        var loader = Loader();
        loader.Tell(new RequestBatches(1, 3), TestActor);
        AwaitCondition(() => _data.Source.Held == 3);
        _data.Source.Release(2);
        _data.Source.Release(1);
        ExpectNoMsg(TimeSpan.FromMilliseconds(100));
        _data.Source.Release(0);
        for (long step = 1; step <= 3; step++) Assert.Equal(step, ExpectMsg<BatchReady>().Batch.Request.Sequence);
    }

    [Fact]
    public void The_end_of_the_sequence_is_said_once_credit_goes_beyond_it()
    {
        var loader = Loader();
        loader.Tell(new RequestBatches(1, 100), TestActor);
        for (int i = 0; i < 12; i++) ExpectMsg<BatchReady>();
        ExpectMsg<SequenceEnded>();
    }

    [Fact]
    public void Batches_of_an_older_run_go_back_to_their_pool()
    {
        _data.Source.Hold = true;
        var loader = Loader();
        loader.Tell(new RequestBatches(1, 2), TestActor);
        AwaitCondition(() => _data.Source.Held == 2);
        loader.Tell(new StartLoading(2, new TrainingSequence(Some.Plan(), cursor => _data.Training(cursor.Phase), TrainingCursor.Start, new(1), new(0, 1))), TestActor);
        loader.Tell(new RequestBatches(1, 5), TestActor);       // credit of the older run
        _data.Source.Release(0);
        _data.Source.Release(0);
        AwaitCondition(() => _data.Source.Outstanding == 0);
        ExpectNoMsg(TimeSpan.FromMilliseconds(100));
    }

    [Fact]
    public void Every_lease_is_returned_after_a_kill()
    {
        _data.Source.Hold = true;
        var loader = Loader();
        loader.Tell(new RequestBatches(1, 3), TestActor);
        AwaitCondition(() => _data.Source.Held == 3);
        _data.Source.Release(2);        // waits in the loader for the two before it
        Watch(loader);
        Sys.Stop(loader);
        ExpectTerminated(loader);
        _data.Source.Release(0);
        _data.Source.Release(0);
        AwaitCondition(() => _data.Source.Outstanding == 0);
    }

    [Fact]
    public void A_failed_load_is_said_once_and_nothing_comes_after_it()
    {
        _data.Source.Fail = request => request.Sequence == 2 ? new DataException("cat/7.jpg is truncated") : null;
        var loader = Loader();
        loader.Tell(new RequestBatches(1, 1), TestActor);
        ExpectMsg<BatchReady>();
        loader.Tell(new RequestBatches(1, 3), TestActor);
        Assert.Equal("cat/7.jpg is truncated", ExpectMsg<LoadingFailed>().Reason.Message);
        ExpectNoMsg(TimeSpan.FromMilliseconds(100));
    }
}
