using System.Collections.Immutable;

namespace ActorTrainer.Client;

/// <param name="Experiments">Those under way, by name.</param>
public sealed record ClusterDescription(ImmutableArray<ClusterNode> Nodes, ImmutableArray<string> Experiments);

/// <param name="Roles">Of <c>coordinator</c>, <c>trainer</c>, <c>evaluator</c>, <c>gateway</c>.</param>
/// <param name="State"><c>up</c>, <c>leaving</c>, <c>unreachable</c> or <c>silent</c>.</param>
/// <param name="Device">What it computes on; null: nothing.</param>
/// <param name="Trains">The experiment that it trains for; null: none.</param>
public sealed record ClusterNode(string Name, ImmutableArray<string> Roles, string State, string? Device, string? Trains);
