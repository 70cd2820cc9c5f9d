using System.Globalization;

namespace ActorTrainer.Core.Experiments.Placement;

/// <summary>
/// As the places of a node are called, in the journal too: the first has the node's own name, the others that and their number, <c>host:4053~1#2</c>. So a
/// node with one device is its own place.
/// </summary>
public static class SeatName
{
    private const char Mark = '#';

    /// <param name="seat">From 0: the device's number among those of its kind.</param>
    public static string Of(string node, int seat) => seat == 0 ? node : string.Create(CultureInfo.InvariantCulture, $"{node}{Mark}{seat}");

    public static (string Node, int Seat) Split(string name) =>
        name.LastIndexOf(Mark) is > 0 and var mark && int.TryParse(name.AsSpan(mark + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int seat) ? (name[..mark], seat) : (name, 0);

    public static string NodeOf(string name) => Split(name).Node;
}
