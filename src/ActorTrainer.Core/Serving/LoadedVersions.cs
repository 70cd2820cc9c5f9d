using System.Collections.Immutable;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Registry;

namespace ActorTrainer.Core.Serving;

/// <summary>Which version answers a request.</summary>
/// <param name="Answers">Null: none can.</param>
/// <param name="IsReady">It answers at once; else the request waits while it loads.</param>
/// <param name="Load">The version asked for is to be loaded now.</param>
/// <param name="Problem">Why none can; for a person.</param>
public readonly record struct VersionChoice(ModelVersionId? Answers, bool IsReady, bool Load, string? Problem);

/// <summary>
/// Which versions of which models a process has loaded. A model that is to answer with another version goes on with the one that it has until the other is
/// ready, so a change of version fails no request and delays none.
/// <code>
///   absent --asked for--> loading --ready--> ready --others were asked for since--> retired
///      ^                     \--broken--> resting, then absent
/// </code>
/// Single-threaded, without a clock.
/// </summary>
/// <param name="most">Versions loaded at once.</param>
/// <param name="rest">How long a version that can't be loaded is not tried again.</param>
public sealed class LoadedVersions(int most, TimeSpan rest)
{
    private readonly Dictionary<ModelVersionId, Loaded> _loaded = [];
    private readonly Dictionary<ExperimentName, ModelVersionId> _live = [];
    private readonly Dictionary<ModelVersionId, (string Problem, TimeSpan Until)> _resting = [];
    private long _uses;

    /// <param name="exactly">No other version will do.</param>
    public VersionChoice Choose(ModelVersionId wanted, bool exactly, TimeSpan now)
    {
        string? problem = _resting.TryGetValue(wanted, out var resting) && now < resting.Until ? resting.Problem : null;
        bool load = problem is null && _loaded.TryAdd(wanted, new());
        if (_loaded.TryGetValue(wanted, out var state)) state.LastUse = ++_uses;
        if (state is { IsReady: true })
        {
            if (!exactly) _live[wanted.Model] = wanted;
            return new(wanted, true, false, null);
        }

        if (!exactly && _live.TryGetValue(wanted.Model, out var live) && _loaded.TryGetValue(live, out var other) && other.IsReady)
        {
            other.LastUse = ++_uses;
            return new(live, true, load, null);
        }

        return problem is null ? new(wanted, false, load, null) : new(null, false, false, problem);
    }

    /// <summary>Returns the versions to retire: those that were not asked for the longest.</summary>
    public ImmutableArray<ModelVersionId> Ready(ModelVersionId version)
    {
        if (!_loaded.TryGetValue(version, out var state)) return [];
        state.IsReady = true;
        var retired = ImmutableArray.CreateBuilder<ModelVersionId>();
        while (_loaded.Count > most && _loaded.Where(other => other.Key != version && other.Value.IsReady).OrderBy(other => other.Value.LastUse).FirstOrDefault() is { Value: not null } oldest)
        {
            _loaded.Remove(oldest.Key);
            retired.Add(oldest.Key);
        }

        return retired.ToImmutable();
    }

    /// <summary>It could not be loaded, or broke down.</summary>
    public void Broken(ModelVersionId version, string problem, TimeSpan now)
    {
        if (_loaded.Remove(version)) _resting[version] = (problem, now + rest);
    }

    private sealed class Loaded
    {
        public bool IsReady { get; set; }
        public long LastUse { get; set; }
    }
}
