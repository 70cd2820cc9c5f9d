using System.Data.Common;
using ActorTrainer.Actors.Journal;
using ActorTrainer.Core.Registry;
using ActorTrainer.Serving;

namespace ActorTrainer.Registry;

/// <summary>
/// Applies the rules of experiments to the versions that they gave, once each, whichever process trained them and whether or not a gateway was there when they completed: a version without its
/// judgement in the journal is judged by whoever sees it, and of several gateways one is first. A version that its rule promotes is loaded before, as when a person promotes it.
/// </summary>
internal sealed class RuleDesk(ModelRegistry registry, PredictionService predictions, Action<string> say, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan Glance = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _ended = new();
    private readonly HashSet<ModelVersionId> _told = [];
    private Task _work = Task.CompletedTask;

    public void Start() => _work = Task.Run(WorkAsync);

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync().ConfigureAwait(false);
        await _work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ended.Dispose();
    }

    private async Task WorkAsync()
    {
        using var timer = new PeriodicTimer(Glance, time);
        do
        {
            try
            {
                foreach (var model in registry.Models) await JudgeAsync(model).ConfigureAwait(false);
            }
            catch (Exception e) when (e is JournalException or DbException or IOException)
            {
                // The journal is away: what is to be judged stays to be judged.
            }
        }
        while (await timer.WaitForNextTickAsync(_ended.Token).ConfigureAwait(false));
    }

    /// <summary>One at a time: each changes what the next is compared with, and is seen at the next glance. One that can't be loaded is passed over, and tried again then.</summary>
    private async Task JudgeAsync(RegisteredModel model)
    {
        foreach (var version in model.Unjudged)
        {
            try
            {
                if (model.Judge(version, default).Promoted) await predictions.PrepareAsync(version, _ended.Token).ConfigureAwait(false);
            }
            catch (ServingException e)
            {
                if (_told.Add(version.Id)) say($"{model.Name}: its rule would promote version {version.Id.Version}. {e.Message}");
                continue;
            }

            if (registry.TryJudge(model, version) is { } judged) say($"{model.Name}, version {judged.Version}: {(judged.Promoted ? "promoted" : "not promoted")} by its rule: {judged.Reason}");
            return;
        }
    }
}
