using ActorTrainer.Core.Registry;
using ActorTrainer.Core.Serving;
using Akka.Actor;
using static ActorTrainer.Actors.Serving.PredictorProtocol;
using static ActorTrainer.Actors.Serving.ServingProtocol;

namespace ActorTrainer.Actors.Serving;

/// <summary>Everything serving is given besides messages. Local to its process.</summary>
/// <param name="Read">Reads a version's weights, on any thread; what it returns opens them on the device's.</param>
/// <param name="MostLoaded">Versions in memory at once.</param>
public sealed record ServingParts(Func<ModelVersionId, Func<IPredictor>> Read, BatchLimits Limits, int MostLoaded, TimeProvider Time);

/// <summary>The models of a process: starts a <see cref="PredictorActor"/> a version, and sends whoever asks to the one that answers.</summary>
public sealed class ServingActor(ServingParts parts) : UntypedActor
{
    /// <summary>A version that can't be loaded is not tried again for so long.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(10);

    private readonly LoadedVersions _versions = new(parts.MostLoaded, Rest);
    private readonly Dictionary<ModelVersionId, IActorRef> _predictors = [];
    private readonly List<(ModelVersionId Version, IActorRef Asker)> _preparing = [];
    private readonly long _began = parts.Time.GetTimestamp();

    public static Props Props(ServingParts parts) => Akka.Actor.Props.Create(() => new ServingActor(parts));

    private TimeSpan Now => parts.Time.GetElapsedTime(_began);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case FindPredictor find: OnFind(find); break;
            case PrepareVersion prepare: OnPrepare(prepare.Version); break;
            case PredictorReady: OnReady(); break;
            case PredictorBroken broken: OnBroken(broken.Reason); break;
            default: Unhandled(message); break;
        }
    }

    private void OnFind(FindPredictor find)
    {
        var choice = Choose(find.Version, find.Exactly);
        Sender.Tell(choice.Answers is { } version ? new PredictorFound(version, _predictors[version], choice.IsReady) : new PredictorMissing(choice.Problem!));
    }

    private void OnPrepare(ModelVersionId version)
    {
        var choice = Choose(version, exactly: true);
        if (choice.Problem is { } problem) Sender.Tell(new PredictorMissing(problem));
        else if (choice.IsReady) Sender.Tell(new VersionPrepared(version));
        else _preparing.Add((version, Sender));
    }

    private VersionChoice Choose(ModelVersionId version, bool exactly)
    {
        var choice = _versions.Choose(version, exactly, Now);
        if (choice.Load) _predictors[version] = Context.ActorOf(PredictorActor.Props(version, () => parts.Read(version), parts.Limits, parts.Time));
        return choice;
    }

    private void OnReady()
    {
        if (VersionOf(Sender) is not { } version) return;
        foreach (var retired in _versions.Ready(version))
        {
            _predictors.Remove(retired, out var predictor);
            predictor!.Tell(new RetirePredictor());
        }

        Answer(version, new VersionPrepared(version));
    }

    private void OnBroken(string reason)
    {
        if (VersionOf(Sender) is not { } version) return;       // one that was retired
        _predictors.Remove(version);
        _versions.Broken(version, reason, Now);
        Answer(version, new PredictorMissing(reason));
    }

    private void Answer(ModelVersionId version, object answer)
    {
        foreach (var (_, asker) in _preparing.Where(waiting => waiting.Version == version)) asker.Tell(answer);
        _preparing.RemoveAll(waiting => waiting.Version == version);
    }

    private ModelVersionId? VersionOf(IActorRef predictor)
    {
        foreach (var (version, actor) in _predictors)
        {
            if (actor.Equals(predictor)) return version;
        }

        return null;
    }
}
