namespace ActorTrainer.Actors.Coordination;

/// <summary>Where a node stands, as far as it knows.</summary>
public enum ClusterStanding
{
    /// <summary>It has not joined, or is leaving.</summary>
    Outside,

    /// <summary>It is a member, and sees no coordinator that it could ask.</summary>
    WithoutCoordinator,

    /// <summary>It is a member, and a coordinator is in reach or about to take over.</summary>
    In,
}
