using System.Collections.Immutable;
using Akka.Actor;
using Akka.Persistence;
using Akka.Persistence.Journal;

namespace ActorTrainer.Actors.Tests.Fakes;

/// <summary>
/// A journal in memory that can be away, as a server is that was stopped: it neither takes events nor gives them back. As in a database, no two events
/// have one place.
/// </summary>
internal sealed class FailingJournal : MemoryJournal
{
    public const string Configuration = """
        akka.persistence.journal {
          plugin = "akka.persistence.journal.failing"
          failing { class = "ActorTrainer.Actors.Tests.Fakes.FailingJournal, ActorTrainer.Actors.Tests", plugin-dispatcher = "akka.actor.default-dispatcher" }
        }
        """;

    private bool _away;

    public static void GoAway(ActorSystem system, bool away = true) => Persistence.Instance.Apply(system).JournalFor(null).Tell(away);

    protected override bool ReceivePluginInternal(object message)
    {
        if (message is not bool away) return base.ReceivePluginInternal(message);
        _away = away;
        return true;
    }

    protected override async Task<IImmutableList<Exception>> WriteMessagesAsync(IEnumerable<AtomicWrite> messages, CancellationToken cancellationToken)
    {
        if (_away) throw Gone();
        var writes = messages.ToList();
        foreach (var write in writes)
        {
            if (write.LowestSequenceNr <= await base.ReadHighestSequenceNrAsync(write.PersistenceId, 0, cancellationToken)) throw new IOException("the place is taken");
        }

        return await base.WriteMessagesAsync(writes, cancellationToken);
    }

    public override Task<long> ReadHighestSequenceNrAsync(string persistenceId, long fromSequenceNr, CancellationToken cancellationToken) =>
        _away ? Task.FromException<long>(Gone()) : base.ReadHighestSequenceNrAsync(persistenceId, fromSequenceNr, cancellationToken);

    private static IOException Gone() => new("the server is away");
}
