namespace ActorTrainer.Actors.Serialization;

/// <summary>A control message that may cross between nodes: small, and serialised by schema (<see cref="WireMessageSerializer"/>). Never pixels, gradients or weights.</summary>
public interface IWireMessage;
