using ActorTrainer.Transport.Gradients.Meeting;

namespace ActorTrainer.Transport.Gradients;

/// <summary>
/// Where the trainers of this process meet their peers: those who announce the same endpoint are in this process too, and meet here without a socket;
/// all others by a <see cref="CollectiveListener"/>.
/// </summary>
public sealed class MeetingPlace
{
    internal MeetingPlace(CollectiveEndpoint endpoint, CollectiveOptions options, Refusals refusals) =>
        (Endpoint, Options, Refusals, Rendezvous) = (endpoint, options, refusals, new(refusals));

    /// <summary>What peers need to know of this process.</summary>
    public CollectiveEndpoint Endpoint { get; }

    public CollectiveOptions Options { get; }

    internal Refusals Refusals { get; }
    internal Rendezvous Rendezvous { get; }

    /// <summary>For a process whose trainers are the whole group: nobody else can reach it.</summary>
    public static MeetingPlace OfProcess() => new(new("this process", 0, null, CollectiveEndpoint.ThisHost), new(), new(_ => { }));
}
