using System.Collections.Immutable;
using System.Diagnostics;
using ActorTrainer.Actors.Hosting;
using ActorTrainer.Actors.Serving;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Registry;
using ActorTrainer.Core.Serving;
using ActorTrainer.Core.Training;
using ActorTrainer.Data.Inputs;
using ActorTrainer.Hosting;
using ActorTrainer.Registry;
using Akka.Actor;
using static ActorTrainer.Actors.Serving.PredictorProtocol;
using static ActorTrainer.Actors.Serving.ServingProtocol;

namespace ActorTrainer.Serving;

/// <summary>A picture as it was sent.</summary>
/// <param name="Name">What to call it in a message; null: it is the only one.</param>
internal sealed record EncodedPicture(string? Name, ReadOnlyMemory<byte> Bytes);

/// <summary>A version that answers, and by whom. Good for one request.</summary>
internal sealed record FoundModel(ModelVersion Version, ModelDescription Description, IActorRef Predictor, bool IsReady);

/// <summary>
/// Predictions for whoever asks over HTTP: finds the version that answers, decodes on threads of the pool, asks the version's predictor. Its actor system
/// is its own, in no cluster: it goes on while the node's joins anew.
/// </summary>
internal sealed class PredictionService : IAsyncDisposable
{
    public const int MaxPixels = 25_000_000;

    /// <summary>Versions in memory at once.</summary>
    public const int MostLoaded = 4;

    private const int PlacesAtTheDesk = 256;

    /// <summary>Actors that only look things up answer at once; loading is waited for longer.</summary>
    private static readonly TimeSpan LookUp = TimeSpan.FromSeconds(10), Loading = TimeSpan.FromMinutes(5), Margin = TimeSpan.FromMilliseconds(100);

    private readonly ModelRegistry _registry;
    private readonly RunsFolder _runs;
    private readonly Func<IEngine> _engine;
    private readonly Action<string> _say;
    private readonly ActorSystem _system;
    private readonly IActorRef _serving;
    private ulong _requests;
    private readonly DecodingDesk _desk = new(Environment.ProcessorCount, PlacesAtTheDesk);

    /// <param name="log">Of its actors.</param>
    /// <param name="say">Told, for a person, where a model can't answer as it was trained.</param>
    public PredictionService(ModelRegistry registry, RunsFolder runs, Func<IEngine> engine, LogTarget log, Action<string> say, TimeProvider time)
    {
        (_registry, _runs, _engine, _say) = (registry, runs, engine, say);
        Directory.CreateDirectory(Path.GetDirectoryName(log.File)!);
        _system = ActorTrainerSystem.StartServing(log);
        _serving = _system.ActorOf(ServingActor.Props(new(Read, BatchLimits.Default, MostLoaded, time)), "serving");
    }

    public async ValueTask DisposeAsync()
    {
        await _system.Terminate().ConfigureAwait(false);
        _desk.Dispose();
    }

    /// <summary>Who answers for a model; begins to load what is not loaded. Throws <see cref="ServingException"/>.</summary>
    /// <param name="exactly">Null: the version that answers for the model, or the one on trial where it takes this request.</param>
    /// <param name="key">Requests of one key go to one version; null: each goes where it is its turn.</param>
    public async Task<FoundModel> FindAsync(RegisteredModel model, ModelVersion? exactly, string? key = null)
    {
        if (exactly is null && model.OnTrial is var (onTrial, trial) && (key is null ? trial.Takes(Interlocked.Increment(ref _requests)) : trial.Takes(key))
            && await FindReadyAsync(onTrial).ConfigureAwait(false) is { } found) return found;
        return await FindAnyAsync(model, exactly).ConfigureAwait(false);
    }

    /// <summary>Null where it is not loaded yet, or can't be: a trial fails no request and delays none.</summary>
    private async Task<FoundModel?> FindReadyAsync(ModelVersion version) =>
        await _serving.Ask<object>(new FindPredictor(version.Id, Exactly: true), LookUp).ConfigureAwait(false) is PredictorFound { IsReady: true } found
            ? new(version, _registry.Describe(version).Model, found.Predictor, IsReady: true) : null;

    private async Task<FoundModel> FindAnyAsync(RegisteredModel model, ModelVersion? exactly)
    {
        var wanted = exactly ?? model.Answering;
        switch (await _serving.Ask<object>(new FindPredictor(wanted.Id, exactly is not null), LookUp).ConfigureAwait(false))
        {
            case PredictorFound found when model[found.Version.Version] is { } version: return new(version, _registry.Describe(version).Model, found.Predictor, found.IsReady);
            case PredictorMissing missing: throw Unavailable(wanted.Id, missing.Reason);
            default: throw Unavailable(wanted.Id, "It was removed.");
        }
    }

    /// <summary>Returns when the version has answered once. Throws <see cref="ServingException"/>.</summary>
    public async Task PrepareAsync(ModelVersion version, CancellationToken cancel)
    {
        try
        {
            if (await _serving.Ask<object>(new PrepareVersion(version.Id), Loading, cancel).ConfigureAwait(false) is PredictorMissing missing) throw Unavailable(version.Id, missing.Reason);
        }
        catch (AskTimeoutException)
        {
            throw Unavailable(version.Id, FormattableString.Invariant($"It was not loaded within {Loading.TotalMinutes:0} min."));
        }
    }

    /// <summary>As the model sees them before its normalisation. Throws <see cref="ServingException"/>, naming the picture.</summary>
    public async Task<ImmutableArray<ReadOnlyMemory<byte>>> DecodeAsync(ModelDescription model, IReadOnlyList<EncodedPicture> pictures, Deadline deadline, CancellationToken cancel)
    {
        var decoder = new PictureDecoder(model, MaxPixels);
        return [.. await Task.WhenAll(pictures.Select(picture => _desk.DoAsync<ReadOnlyMemory<byte>>(() => Decode(decoder, picture), deadline, cancel))).ConfigureAwait(false)];
    }

    /// <summary>Logits, N x K row-major. Throws <see cref="ServingException"/>.</summary>
    public static async Task<float[]> AnswerAsync(FoundModel model, ImmutableArray<ReadOnlyMemory<byte>> pixels, Deadline deadline, CancellationToken cancel)
    {
        if (deadline.Left == TimeSpan.Zero) throw ServingException.Late(deadline.Patience);
        try
        {
            // The predictor says itself that the time is over; not where its batch is on the device.
            return await model.Predictor.Ask<object>(new Predict(pixels, deadline.Left, Activity.Current?.Context ?? default), deadline.Left + Margin, cancel).ConfigureAwait(false) switch
            {
                Predicted predicted => predicted.Logits,
                PredictionRefused => throw ServingException.Busy(),
                PredictionFailed failed => throw Unavailable(model.Version.Id, failed.Reason),
                _ => throw ServingException.Late(deadline.Patience),
            };
        }
        catch (AskTimeoutException)
        {
            throw ServingException.Late(deadline.Patience);
        }
    }

    /// <summary>What is returned opens it, on the device's thread.</summary>
    private Func<IPredictor> Read(ModelVersionId id)
    {
        if (_registry.Read(id) is not { } content || _registry.Find(id.Model.Value)?[id.Version] is not { } version) throw new EngineException($"The version {id} was removed.");
        var (model, weights, trained) = (content.Model, content.State.Weights, version.Experiment.Definition.Device);
        return () => Open(model, weights, trained);
    }

    private SessionPredictor Open(ModelDescription model, ImmutableArray<NamedTensor> weights, ResolvedDevice trained)
    {
        var engine = _engine();
        var session = engine.OpenInference(InferenceDevice.For(engine, trained, _say), new RunWeights(_runs));
        try
        {
            session.Load(model, weights);
            return new(session, model);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    private static byte[] Decode(PictureDecoder decoder, EncodedPicture picture)
    {
        try
        {
            return decoder.Decode(picture.Bytes);
        }
        catch (DataException e)
        {
            throw new ServingException(ServingProblem.Unreadable, $"{(picture.Name is { } name ? $"Picture {name}" : "The picture")} can't be read: {e.Message}.");
        }
    }

    private static ServingException Unavailable(ModelVersionId version, string reason) => new(ServingProblem.Unavailable, $"The model {version} can't answer: {reason}");
}
