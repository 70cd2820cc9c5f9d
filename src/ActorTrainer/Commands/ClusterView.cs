using ActorTrainer.Client;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Journal;
using ActorTrainer.Terminal;

namespace ActorTrainer.Commands;

/// <summary>Shows a run that a cluster trains as <c>run</c> shows its own, until it ends.</summary>
internal static class ClusterView
{
    /// <param name="server">As it stands behind a command.</param>
    /// <param name="since">Where it was just asked to go on: the journal's last number before; null: it is only looked at.</param>
    public static async Task<int> WatchAsync(Screen screen, ActorTrainerClient client, ExperimentName name, bool json, string server, long? since, CancellationToken cancel)
    {
        await using var view = RunView.Open(screen, json, null, TimeProvider.System);
        var narrator = new RunNarrator(view, TimeProvider.System, $"actortrainer resume {name}{server}", since ?? 0);
        try
        {
            await foreach (var news in client.Experiments.FollowAsync(name.Value, isExpected: since is not null, cancel: cancel).ConfigureAwait(false))
            {
                if (narrator.Tell(ClusterNews.Of(news)) is { } end) return WatchCommand.CodeOf(end);
            }

            throw new InvalidOperationException("a stream that is followed does not end by itself");
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            view.Notice($"Training goes on without this. 'actortrainer watch {name}{server}' shows it again, 'actortrainer pause {name}{server}' stops it.");
            return ExitCode.Interrupted;
        }
    }
}
