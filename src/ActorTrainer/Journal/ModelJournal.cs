using System.Data.Common;
using ActorTrainer.Actors.Journal;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Registry;
using ActorTrainer.Hosting;

namespace ActorTrainer.Journal;

/// <summary>
/// What was decided about models, in the same table as the runs' histories. It has no actor: an event names its place, and the journal's unique index
/// lets one of two writers have it.
/// </summary>
internal sealed class ModelJournal(RunsFolder runs)
{
    internal const string Prefix = "model-";

    private JournalLocation Location => runs.Journal;

    public Promotions Load(ExperimentName model)
    {
        try
        {
            return Promotions.Of(Location.Read("SELECT manifest, message FROM journal WHERE persistence_id = @id AND NOT deleted ORDER BY sequence_number",
                [("@id", Prefix + model)], row => ModelEvents.Read(row.GetString(0), row.GetFieldValue<byte[]>(1))));
        }
        catch (Exception e) when (e is FormatException or InvalidOperationException)
        {
            throw new JournalException($"The journal {Location} can't be read for the model '{model}': {e.Message}", e);
        }
    }

    /// <summary>Adds what follows <paramref name="seen"/>. False: somebody else decided in the meantime.</summary>
    public bool TryAppend(ExperimentName model, Promotions seen, IModelEvent happened)
    {
        using var connection = Location.OpenForWriting();
        using var command = connection.Command("""
            INSERT INTO journal (created, deleted, persistence_id, sequence_number, message, manifest) VALUES (@created, FALSE, @id, @number, @message, @manifest)
            """,
            [("@created", happened.At.UtcTicks), ("@id", Prefix + model), ("@number", seen.Sequence + 1), ("@message", ModelEvents.Write(happened)), ("@manifest", ModelEvents.Manifest(happened))]);
        try
        {
            return command.ExecuteNonQuery() == 1;
        }
        catch (DbException) when (Load(model).Sequence > seen.Sequence)
        {
            return false;
        }
    }
}
