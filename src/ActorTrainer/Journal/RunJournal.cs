using System.Collections.Immutable;
using ActorTrainer.Actors.Journal;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Hosting;

namespace ActorTrainer.Journal;

/// <summary>
/// The journal as seen from outside the actor system: plain SQL over the table that Akka.Persistence.Sql keeps, folded by Core.
/// Reading needs no actor, disturbs no writer and works while another process trains. <see cref="Rename"/>, <see cref="Remove"/> and
/// <see cref="Append"/> write; whoever calls them holds the run's lock.
/// </summary>
public sealed class RunJournal(RunsFolder runs)
{
    private const string Prefix = "experiment-";
    private static readonly ImmutableArray<string> Tables = ["journal", "tags", "snapshot", "journal_metadata"];

    public JournalLocation Location => runs.Journal;

    /// <summary>The persistence id of an experiment's actor.</summary>
    public static string PersistenceId(ExperimentName name) => Prefix + name;

    /// <summary>The experiment's state; null where the journal knows none of that name.</summary>
    public Experiment? Load(ExperimentName name) => Fold(name, History(name));

    /// <summary>Every run, by name.</summary>
    public ImmutableArray<RunEntry> All()
    {
        return [.. Names().Select(name => Load(name) is { } experiment ? new RunEntry(name, experiment) : null).OfType<RunEntry>()];
    }

    /// <summary>The name of every run, in order.</summary>
    public ImmutableArray<ExperimentName> Names()
    {
        var names = Location.Read("SELECT DISTINCT persistence_id FROM journal WHERE persistence_id LIKE 'experiment-%'",
            [], row => row.GetString(0)[Prefix.Length..]);
        return [.. names.Where(ExperimentName.IsValid).Order(StringComparer.Ordinal).Select(text => new ExperimentName(text))];
    }

    /// <summary>What happened, in order.</summary>
    /// <param name="after">Only what came after this sequence number.</param>
    public ImmutableArray<JournalEntry> History(ExperimentName name, long after = 0) => Location.Read(
        "SELECT sequence_number, manifest, message FROM journal WHERE persistence_id = @id AND sequence_number > @after AND NOT deleted ORDER BY sequence_number",
        [("@id", PersistenceId(name)), ("@after", after)],
        row => new JournalEntry(row.GetInt64(0), Event(name, row.GetString(1), row.GetFieldValue<byte[]>(2))));

    /// <summary>Gives a run another name in one transaction: how an old one is set aside. Nothing else of it changes.</summary>
    public void Rename(ExperimentName old, ExperimentName name) => Write(table => $"UPDATE {table} SET persistence_id = @new WHERE persistence_id = @old", old, name);

    /// <summary>Forgets a run in one transaction.</summary>
    public void Remove(ExperimentName name) => Write(table => $"DELETE FROM {table} WHERE persistence_id = @old", name, name);

    /// <summary>
    /// Adds to a run's history as its actor would, for a run that no process trains. The rows carry the serializer of the rows before them,
    /// so a run that has no history can't be added to.
    /// </summary>
    public void Append(ExperimentName name, IReadOnlyList<IExperimentEvent> events)
    {
        using var connection = Location.OpenForWriting();
        using var transaction = connection.BeginTransaction();
        foreach (var happened in events)
        {
            using var command = connection.Command("""
                INSERT INTO journal (created, deleted, persistence_id, sequence_number, message, manifest, identifier, writer_uuid)
                SELECT @created, FALSE, persistence_id, sequence_number + 1, @message, @manifest, identifier, writer_uuid
                FROM journal WHERE persistence_id = @id ORDER BY sequence_number DESC LIMIT 1
                """,
                [("@created", happened.At.UtcTicks), ("@id", PersistenceId(name)), ("@message", ExperimentEventJson.Write(happened)), ("@manifest", ExperimentEventJson.Manifest(happened))]);
            if (command.ExecuteNonQuery() != 1) throw new JournalException($"The journal {Location} has no run '{name}' to add to.");
        }

        transaction.Commit();
    }

    private Experiment? Fold(ExperimentName name, ImmutableArray<JournalEntry> history)
    {
        try
        {
            return Experiment.Of(history.Select(entry => entry.Event));
        }
        catch (InvalidOperationException e)
        {
            throw new JournalException($"The journal {Location} contradicts itself about '{name}': {e.Message}", e);
        }
    }

    private IExperimentEvent Event(ExperimentName name, string manifest, byte[] message)
    {
        try
        {
            return ExperimentEventJson.Read(manifest, message);
        }
        catch (FormatException e)
        {
            throw new JournalException($"The journal {Location} can't be read for '{name}': {e.Message}", e);
        }
    }

    private void Write(Func<string, string> sql, ExperimentName old, ExperimentName name)
    {
        using var connection = Location.OpenForWriting();
        using var transaction = connection.BeginTransaction();
        foreach (string table in Tables.Where(table => Location.HasTable(connection, table)))
        {
            using var command = connection.Command(sql(table), [("@old", PersistenceId(old)), ("@new", PersistenceId(name))]);
            command.ExecuteNonQuery();
        }

        transaction.Commit();
    }
}

/// <summary>One event and its place in the experiment's history.</summary>
public sealed record JournalEntry(long SequenceNumber, IExperimentEvent Event);

/// <summary>A run under the name it has now.</summary>
public sealed record RunEntry(ExperimentName Name, Experiment Experiment)
{
    /// <summary>A newer run took its name (<c>run --fresh</c>): its definition still carries the old one.</summary>
    public bool IsSetAside => Experiment.Definition.Name != Name;
}
