using ActorTrainer.Actors.Coordination;
using Akka.Actor;

namespace ActorTrainer.Api;

/// <summary>
/// The way to the coordinator through the node's actor system, as it is now. The API outlives that: while the node joins anew, a question waits a moment
/// and is then said to have found nobody.
/// </summary>
internal sealed class CoordinatorLink
{
    private static readonly TimeSpan JoinPatience = TimeSpan.FromSeconds(10), Glance = TimeSpan.FromMilliseconds(100);

    private volatile Connection? _connection;

    /// <summary>While the node joins anew it is outside, whatever its last actor system thought.</summary>
    public ClusterStanding Standing => _connection is { Gone.IsCancellationRequested: false } connection ? connection.Standing() : ClusterStanding.Outside;

    /// <summary>Until <paramref name="gone"/>.</summary>
    public void Connect(IActorRef coordinator, Func<ClusterStanding> standing, CancellationToken gone) => _connection = new(coordinator, standing, gone);

    /// <summary>Null: nobody answered.</summary>
    public async Task<object?> AskAsync(object question, TimeSpan patience)
    {
        for (var waited = TimeSpan.Zero; _connection is null or { Gone.IsCancellationRequested: true }; waited += Glance)
        {
            if (waited >= JoinPatience) return null;
            await Task.Delay(Glance).ConfigureAwait(false);
        }

        var connection = _connection;
        try
        {
            return await connection.Coordinator.Ask<object>(question, patience, connection.Gone).ConfigureAwait(false);
        }
        catch (Exception e) when (e is AskTimeoutException or OperationCanceledException)
        {
            return null;
        }
    }

    private sealed record Connection(IActorRef Coordinator, Func<ClusterStanding> Standing, CancellationToken Gone);
}
