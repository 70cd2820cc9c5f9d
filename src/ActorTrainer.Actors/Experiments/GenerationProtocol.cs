using System.Collections.Immutable;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Experiments.Placement;
using Akka.Actor;

namespace ActorTrainer.Actors.Experiments;

/// <summary>Between an experiment and the <see cref="GenerationActor"/> that leads its trainers: parent and child, in one process.</summary>
public static class GenerationProtocol
{
    /// <summary>
    /// All seats are ready and hold these states (null: none). The experiment decides where to begin, journals it, and answers with
    /// <see cref="Begin"/>.
    /// </summary>
    public sealed record Gathered(Generation Generation, ImmutableArray<SeatPlace> Seats, ImmutableArray<LiveState?> States) : INoSerializationVerificationNeeded;

    /// <summary>It is journalled: train.</summary>
    /// <param name="Trace">The generation's span as <c>traceparent</c>; null: it has none.</param>
    public sealed record Begin(GenerationStart Start, string? Trace = null) : INoSerializationVerificationNeeded;

    /// <summary>All trainers shall do this after the step that is under way. Answered by <see cref="GenerationStopped"/>.</summary>
    public sealed record RequestAfterStep(Core.Gradients.StepRequest Request) : INoSerializationVerificationNeeded;

    /// <summary>An answer to one trainer, in order with what is told to all.</summary>
    public sealed record ToTrainer(IActorRef Trainer, Training.TrainerProtocol.ICommand Command) : INoSerializationVerificationNeeded;

    /// <summary>Every seat of the running generation was found again, by a coordinator that took over.</summary>
    public sealed record Reattached(Generation Generation) : INoSerializationVerificationNeeded;

    /// <summary>It is over: seats were lost or refused, or trainers were interrupted.</summary>
    /// <param name="Lost">By node name, with the reason; the others can go on.</param>
    public sealed record GenerationBroken(Generation Generation, ImmutableDictionary<string, string> Lost, string Reason, bool Refused) : INoSerializationVerificationNeeded;

    /// <summary>All its trainers have done what was asked of them after a step, and hold the state.</summary>
    public sealed record GenerationStopped(Generation Generation, StepNumber Step, Core.Gradients.StepRequest Request) : INoSerializationVerificationNeeded;
}
