namespace ActorTrainer.Core.Experiments;

/// <summary>What a configuration key is to the result, as reference.conf marks it.</summary>
public enum KeyMark
{
    /// <summary>Changes what is trained or how it is judged: part of the configuration hash.</summary>
    Result,
    /// <summary>Where something stands: the hash covers presence and kind, and its content is hashed elsewhere.</summary>
    Location,
    /// <summary>Changes how it is computed, never which bits come out: not in the hash.</summary>
    Operational,
}
