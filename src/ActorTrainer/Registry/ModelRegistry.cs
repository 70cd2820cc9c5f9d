using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Data.Common;
using ActorTrainer.Actors.Journal;
using ActorTrainer.Core.Checkpoints;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Registry;
using ActorTrainer.Hosting;
using ActorTrainer.Journal;

namespace ActorTrainer.Registry;

/// <summary>
/// The models of a runs folder, read from its journal. Looked at often: what has not changed since is not read again, and while the journal is away or slow the
/// last look counts, so that predictions don't wait for it.
/// </summary>
internal sealed class ModelRegistry(RunsFolder runs, TimeProvider time)
{
    private const string RunPrefix = "experiment-", Completed = "experiment-completed.1";
    private static readonly TimeSpan Fresh = TimeSpan.FromMilliseconds(500), Patience = TimeSpan.FromSeconds(1);

    private readonly RunJournal _runs = new(runs);
    private readonly ModelJournal _decisions = new(runs);
    private readonly ConcurrentDictionary<ModelVersionId, CheckpointManifest> _manifests = [];
    private Look? _last;
    private int _isLooking;

    /// <summary>By name.</summary>
    public ImmutableArray<RegisteredModel> Models => Recent().Models;

    /// <summary>Null: there is no model of that name.</summary>
    public RegisteredModel? Find(string name) => Models.FirstOrDefault(model => model.Name.Value == name);

    /// <summary>What stands in a version's checkpoint, without its weights. Throws <see cref="CheckpointDamagedException"/>.</summary>
    public CheckpointManifest Describe(ModelVersion version) => _manifests.GetOrAdd(version.Id, _ => StoreOf(version).Describe(version.Checkpoint.Id));

    /// <summary>A version with its weights; null where it was removed. A run may be set aside while it is looked for.</summary>
    public CheckpointContent? Read(ModelVersionId id)
    {
        for (int attempt = 1; ; attempt++)
        {
            if (Find(id.Model.Value)?[id.Version] is not { } version)
            {
                if (attempt > 1) return null;
                Renew();        // it may be newer than the last look
                continue;
            }

            try
            {
                return StoreOf(version).Read(version.Checkpoint.Id);
            }
            catch (CheckpointDamagedException) when (attempt == 1)
            {
                Renew();
            }
        }
    }

    /// <summary>The file of a version's weights. Throws <see cref="CheckpointDamagedException"/>. The caller disposes it.</summary>
    public Stream OpenWeights(ModelVersion version) => StoreOf(version).OpenWeights(version.Checkpoint.Id);

    /// <summary>From here on this version answers. False: somebody else decided in the meantime.</summary>
    public bool TryPromote(RegisteredModel model, string version) => TryDecide(model, new ModelEvents.VersionPromoted(version, time.GetUtcNow()));

    /// <summary>Takes the last promotion back. False: somebody else decided in the meantime.</summary>
    public bool TryRollBack(RegisteredModel model) => TryDecide(model, new ModelEvents.PromotionRolledBack(time.GetUtcNow()));

    /// <summary>Applies a version's own rule. Null: somebody else decided in the meantime.</summary>
    public ModelEvents.VersionJudged? TryJudge(RegisteredModel model, ModelVersion version)
    {
        var judged = model.Judge(version, time.GetUtcNow());
        return TryDecide(model, judged) ? judged : null;
    }

    /// <summary>From here on this version is given a share of the requests. False: somebody else decided in the meantime.</summary>
    public bool TryBeginCanary(RegisteredModel model, Canary canary) => TryDecide(model, new ModelEvents.CanaryBegan(canary.Version, canary.Share, time.GetUtcNow()));

    /// <summary>The version that answers has all requests again. False: somebody else decided in the meantime.</summary>
    public bool TryEndCanary(RegisteredModel model) => TryDecide(model, new ModelEvents.CanaryEnded(time.GetUtcNow()));

    private bool TryDecide(RegisteredModel model, IModelEvent decision)
    {
        bool decided = _decisions.TryAppend(model.Name, model.Promotions, decision);
        Renew();
        return decided;
    }

    private ICheckpointStore StoreOf(ModelVersion version) => runs.StoreOf(version.Run, version.Experiment.Definition);

    /// <summary>One of those who come looks again, and does not wait long; the others take what is known.</summary>
    private Look Recent()
    {
        if (_last is not { } last) return Again(null);
        if (time.GetElapsedTime(last.At) < Fresh || Interlocked.Exchange(ref _isLooking, 1) == 1) return last;
        Task.Run(() =>
        {
            try
            {
                TryAgain(last);
            }
            finally
            {
                Volatile.Write(ref _isLooking, 0);
            }
        }).Wait(Patience);
        return _last;
    }

    /// <summary>What has just happened shows from here on, unless the journal is away.</summary>
    private void Renew()
    {
        for (var last = _last; !TryAgain(last); last = _last)
        {
        }
    }

    /// <summary>False: others looked in the meantime.</summary>
    private bool TryAgain(Look? last)
    {
        try
        {
            return ReferenceEquals(Again(last), _last);
        }
        catch (Exception e) when (e is JournalException or DbException)
        {
            return true;        // the last look counts
        }
    }

    /// <summary>A look that others have overtaken is not kept: theirs may know more.</summary>
    private Look Again(Look? last)
    {
        long at = time.GetTimestamp();
        var look = After(last ?? Look.Nothing) with { At = at };
        Interlocked.CompareExchange(ref _last, look, last);
        return look;
    }

    /// <summary>Histories are append-only: one whose newest row is the same is the same.</summary>
    private Look After(Look last)
    {
        var rows = runs.Journal.Read(
            "SELECT persistence_id, MAX(ordering), SUM(CASE WHEN manifest = @completed THEN 1 ELSE 0 END) FROM journal WHERE NOT deleted GROUP BY persistence_id",
            [("@completed", Completed)], row => (Id: row.GetString(0), Newest: row.GetInt64(1), HasCompleted: row.GetInt64(2) > 0));
        var found = ImmutableDictionary.CreateBuilder<string, Entry>();
        foreach (var (id, newest, hasCompleted) in rows)
        {
            if (last.Entries.TryGetValue(id, out var known) && known.Newest == newest) found[id] = known;
            else if (NameIn(id, RunPrefix) is not null && !hasCompleted) found[id] = new(newest, null, null);
            else if (NameIn(id, RunPrefix) is { } run) found[id] = Read(run, newest);
            else if (NameIn(id, ModelJournal.Prefix) is { } model) found[id] = ReadDecisions(model, newest);
        }

        var entries = found.ToImmutable();
        var decisions = entries.Where(entry => NameIn(entry.Key, ModelJournal.Prefix) is not null).ToDictionary(entry => NameIn(entry.Key, ModelJournal.Prefix)!.Value, entry => entry.Value.Promotions);
        var promotions = decisions.Where(model => model.Value is not null).ToDictionary(model => model.Key, model => model.Value!);
        var versions = entries.Values.Select(entry => entry.Version).OfType<ModelVersion>().Where(version => !decisions.ContainsKey(version.Id.Model) || promotions.ContainsKey(version.Id.Model));
        return new(entries, RegisteredModel.Of(versions, promotions), 0);
    }

    /// <summary>A history that can't be read gives no model, and keeps no other from answering.</summary>
    private Entry Read(ExperimentName run, long newest)
    {
        try
        {
            return new(newest, _runs.Load(run) is { } experiment ? ModelVersion.Of(run, experiment) : null, null);
        }
        catch (JournalException)
        {
            return new(Entry.Unread, null, null);
        }
    }

    /// <summary>Nor is there a model whose decisions can't be read: the newest version is not what was decided.</summary>
    private Entry ReadDecisions(ExperimentName model, long newest)
    {
        try
        {
            return new(newest, null, _decisions.Load(model));
        }
        catch (JournalException)
        {
            return new(Entry.Unread, null, null);
        }
    }

    private static ExperimentName? NameIn(string id, string prefix) =>
        id.StartsWith(prefix, StringComparison.Ordinal) && ExperimentName.IsValid(id[prefix.Length..]) ? new(id[prefix.Length..]) : null;

    /// <param name="Newest">The ordering of a history's last row.</param>
    private sealed record Entry(long Newest, ModelVersion? Version, Promotions? Promotions)
    {
        public const long Unread = -1;
    }

    private sealed record Look(ImmutableDictionary<string, Entry> Entries, ImmutableArray<RegisteredModel> Models, long At)
    {
        public static Look Nothing { get; } = new(ImmutableDictionary<string, Entry>.Empty, [], 0);
    }
}
