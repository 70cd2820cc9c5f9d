using System.Text.Json.Serialization;
using ActorTrainer.Actors.Serialization;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Experiments.Placement;

namespace ActorTrainer.Actors.Training;

/// <summary>
/// Between a generation and its seats. A seat is one experiment's place on one device: it outlives generations, and whoever leads them.
/// <see cref="JoinGeneration"/> and <see cref="AttachToSeat"/> go to the node, which hands them to the seat; the seat answers under its own name, and
/// everything after that goes to it directly. A node holds several seats, one a device, by number from 0; where a message has none it is the first.
/// </summary>
public static class SeatProtocol
{
    /// <summary>Handed on by a node to this seat of this experiment.</summary>
    public interface IForSeat : IWireMessage
    {
        ExperimentName Experiment { get; }
        int Seat { get; }
    }

    /// <summary>From a seat of a node, or from the node in its name.</summary>
    public interface IFromSeat : IWireMessage
    {
        int Seat { get; }
    }

    /// <summary>
    /// Break off whatever older generation is under way, make ready, and say what state is in memory. Answered by <see cref="SeatPreparing"/> while
    /// it takes time, then <see cref="SeatJoined"/> or <see cref="SeatRefused"/>.
    /// </summary>
    public sealed record JoinGeneration(ExperimentName Experiment, Generation Generation, ExperimentDefinition Definition, int Seat = 0) : IForSeat;

    /// <summary>
    /// Said twice a second by whoever leads the generation: what was not heard yet is said again. Answered by <see cref="SeatAlive"/>, before
    /// it the <see cref="SeatSaid"/> from number <paramref name="Heard"/> + 1 on; by a node without such a seat with <see cref="SeatEmpty"/>.
    /// </summary>
    public sealed record AttachToSeat(ExperimentName Experiment, Generation Generation, long Heard, int Seat = 0) : IForSeat;

    /// <summary>This experiment trains here no more: stop, forget the state, close its files.</summary>
    public sealed record CloseSeat(ExperimentName Experiment, int Seat = 0) : IForSeat;

    public sealed record SeatPreparing(Generation Generation, int Seat = 0) : IFromSeat;

    /// <param name="Endpoint">Where its peers reach it.</param>
    /// <param name="State">What it holds in memory; null: nothing.</param>
    public sealed record SeatJoined(Generation Generation, string? Endpoint, LiveState? State, int Seat = 0) : IFromSeat;

    /// <summary>It can't train this experiment. The reason is for a person.</summary>
    public sealed record SeatRefused(Generation Generation, string Reason, int Seat = 0) : IFromSeat;

    /// <summary>It is in this generation, and was heard up to this number.</summary>
    public sealed record SeatAlive(Generation Generation, long Said, int Seat = 0) : IFromSeat;

    public sealed record SeatEmpty(ExperimentName Experiment, int Seat = 0) : IFromSeat;

    /// <summary>What its trainer or its writer said, numbered from 1 in each generation, kept and said again until it was heard.</summary>
    public sealed record SeatSaid(Generation Generation, long Number, [property: JsonConverter(typeof(AnyWireMessage))] IWireMessage Word, int Seat = 0) : IFromSeat;
}
