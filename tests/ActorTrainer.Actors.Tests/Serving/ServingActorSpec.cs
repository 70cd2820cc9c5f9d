using System.Collections.Concurrent;
using ActorTrainer.Actors.Serving;
using ActorTrainer.Actors.Tests.Fakes;
using ActorTrainer.Core.Registry;
using ActorTrainer.Core.Training;
using Akka.Actor;
using Akka.TestKit.Xunit2;
using static ActorTrainer.Actors.Serving.PredictorProtocol;
using static ActorTrainer.Actors.Serving.ServingProtocol;

namespace ActorTrainer.Actors.Tests.Serving;

public sealed class ServingActorSpec() : TestKit(ActorSpec.Configuration)
{
    private static readonly ModelVersionId Old = new(new("birds"), "old"), New = new(new("birds"), "new"), Broken = new(new("birds"), "broken");
    private readonly ConcurrentDictionary<ModelVersionId, FakePredictor> _models = [];

    private IActorRef Start(int most = 4) => Sys.ActorOf(ServingActor.Props(new(version => () => Open(version), new(4, TimeSpan.Zero, 8), most, TimeProvider.System)));

    private FakePredictor Open(ModelVersionId version) => version == Broken ? throw new EngineException("It can't be loaded.") : Of(version).Open();

    private FakePredictor Of(ModelVersionId version) => _models.GetOrAdd(version, _ => new());

    private PredictorFound Find(IActorRef serving, ModelVersionId version, bool exactly = false)
    {
        serving.Tell(new FindPredictor(version, exactly), TestActor);
        return ExpectMsg<PredictorFound>();
    }

    private void Prepare(IActorRef serving, ModelVersionId version)
    {
        serving.Tell(new PrepareVersion(version), TestActor);
        Assert.Equal(version, ExpectMsg<VersionPrepared>().Version);
    }

    [Fact]
    public void A_request_may_be_sent_before_the_model_is_loaded()
    {
        var found = Find(Start(), Old);
        Assert.False(found.IsReady);
        found.Predictor.Tell(new Predict([new byte[] { 3 }], TimeSpan.FromMinutes(1)), TestActor);
        Assert.Equal([3, -3], ExpectMsg<Predicted>().Logits);
    }

    [Fact]
    public void The_version_that_answers_changes_when_the_next_is_ready_and_not_before()
    {
        var serving = Start();
        Prepare(serving, Old);
        Assert.Equal(Old, Find(serving, Old).Version);
        Of(New).Gate.Reset();
        var meanwhile = Find(serving, New);
        Assert.Equal((Old, true), (meanwhile.Version, meanwhile.IsReady));
        Of(New).Gate.Set();
        AwaitAssert(() => Assert.Equal((New, true), (Find(serving, New) is var found ? (found.Version, found.IsReady) : default)));
    }

    [Fact]
    public void Whoever_was_sent_to_a_version_that_is_retired_is_still_answered()
    {
        var serving = Start(most: 1);
        Prepare(serving, Old);
        var found = Find(serving, Old, exactly: true);
        Prepare(serving, New);
        found.Predictor.Tell(new Predict([new byte[] { 5 }], TimeSpan.FromMinutes(1)), TestActor);
        Assert.Equal([5, -5], ExpectMsg<Predicted>().Logits);
    }

    [Fact]
    public void A_version_that_cannot_be_loaded_is_said_to_be_missing_and_the_last_goes_on()
    {
        var serving = Start();
        Prepare(serving, Old);
        Find(serving, Old);
        EventFilter.Exception<EngineException>().ExpectOne(() =>
        {
            serving.Tell(new PrepareVersion(Broken), TestActor);
            Assert.Equal("It can't be loaded.", ExpectMsg<PredictorMissing>().Reason);
        });
        Assert.Equal(Old, Find(serving, Broken).Version);
    }
}
