using ActorTrainer.Client;
using ActorTrainer.Data.Inputs;
using ActorTrainer.Terminal;
using Prediction = ActorTrainer.Serving.Prediction;

namespace ActorTrainer.Commands;

/// <summary>Pictures of this machine, a few at a time, to a model of a cluster: all to one version, and written as those of a run are.</summary>
/// <param name="top">Labels a picture.</param>
internal sealed class ClusterPredictions(Screen screen, ActorTrainerClient client, IPredictionWriter writer, int top)
{
    private const int MostPictures = 32, MostBytes = 8 << 20;

    /// <summary>For a service that has more waiting than it takes.</summary>
    private const int MostTries = 60;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1), Timeout = TimeSpan.FromSeconds(60);

    private bool _allRead = true;

    /// <param name="reference"><c>NAME</c> or <c>NAME@VERSION</c>.</param>
    public async Task<int> PredictAsync(string reference, string[] paths, CancellationToken cancel)
    {
        string[] parts = reference.Split('@', 2);
        string model = CommonOptions.ParseName(parts[0]).Value;
        var found = await client.Models.ShowAsync(model, cancel).ConfigureAwait(false);
        string version = parts.Length == 1 ? found.Answering : VersionOf(found, parts[1]);
        var batch = new List<EncodedInput>();
        long bytes = 0;
        foreach (var input in ImageInputs.Read(paths))
        {
            if (batch.Count == MostPictures || batch.Count > 0 && bytes + input.Bytes.Length > MostBytes)
            {
                await AnswerAsync(model, version, batch, cancel).ConfigureAwait(false);
                batch.Clear();
                bytes = 0;
            }

            batch.Add(input);
            bytes += input.Bytes.Length;
        }

        await AnswerAsync(model, version, batch, cancel).ConfigureAwait(false);
        return _allRead ? ExitCode.Done : ExitCode.Failed;
    }

    private static string VersionOf(ModelDetails model, string version) => model.Versions.Any(known => known.Version == version)
        ? version : throw new UsageException($"The model '{model.Name}' has no version '{version}'. It has: {string.Join(", ", model.Versions.Select(known => known.Version))}.");

    /// <summary>One that can't be read fails a request, so those of such a request are asked about one by one.</summary>
    private async Task AnswerAsync(string model, string version, IReadOnlyList<EncodedInput> inputs, CancellationToken cancel)
    {
        var there = inputs.Where(input => input.Problem is null).ToList();
        var answers = there.Count == 0 ? [] : await TryAskAsync(model, version, there, cancel).ConfigureAwait(false);
        if (answers is null && there.Count > 1)
        {
            foreach (var input in inputs) await AnswerAsync(model, version, [input], cancel).ConfigureAwait(false);
            return;
        }

        int next = 0;
        foreach (var input in inputs)
        {
            if (input.Problem is { } problem) Unreadable(input.Name, problem);
            else if (answers is not null) writer.Predicted(input.Name, [.. answers[next++].Predictions.Select(best => new Prediction(best.Label, best.Probability))]);
        }
    }

    /// <summary>Null: the request was refused for what is in it; if that was one picture, it has been said.</summary>
    private async Task<IReadOnlyList<PictureResult>?> TryAskAsync(string model, string version, List<EncodedInput> inputs, CancellationToken cancel)
    {
        for (int tries = 1; ; tries++)
        {
            try
            {
                return (await client.Models.PredictAsync(model, [.. inputs.Select(input => new Picture(input.Bytes))], new() { Version = version, Top = top, Timeout = Timeout }, cancel).ConfigureAwait(false)).Results;
            }
            catch (ServiceException e) when (e.Status is 413 or 422)
            {
                if (inputs is [var only]) Unreadable(only.Name, e.Message);
                return null;
            }
            catch (ServiceException e) when (e.Status == 429 && tries < MostTries)
            {
                await Task.Delay(e.RetryAfter ?? Pause, cancel).ConfigureAwait(false);
            }
        }
    }

    private void Unreadable(string file, string reason)
    {
        _allRead = false;
        screen.Say($"{file}: {reason}");
        writer.Unreadable(file, reason);
    }
}
