using System.Collections.Immutable;
using ActorTrainer.Core.Experiments.Placement;
using ActorTrainer.Core.Gradients;

namespace ActorTrainer.Core.Tests.Simulation;

/// <summary>Drives a <see cref="GenerationLead"/> as its actor does.</summary>
internal sealed class SimulatedLead(World world, SimulatedCoordinator coordinator, GenerationLead lead, ImmutableArray<SimulatedNode> nodes, string key)
{
    private readonly TimeSpan _begun = world.Now;
    private bool _over;

    private TimeSpan Now => world.Now - _begun;

    public void Open(bool attach)
    {
        Do(lead.Open());
        world.At(coordinator.Process, attach ? TimeSpan.Zero : GenerationLead.Beat, Tick);
    }

    public void Stop()
    {
        _over = true;
        Gone();
    }

    /// <summary>Whoever watches it hears of that.</summary>
    public void Gone()
    {
        foreach (var node in nodes) world.At(node.Process, world.Between(0.01, 5), () => node.LeaderGone(this));
    }

    /// <summary>Over the network.</summary>
    public void HearFrom(SimulatedNode node, string what, Func<GenerationLead, int, TimeSpan, IReadOnlyList<GenerationEffect>> hear, Word? word = null) =>
        world.Send(node.Process, coordinator.Process, what, () =>
        {
            if (!_over && nodes.IndexOf(node) is >= 0 and var rank) Do(hear(lead, rank, Now), word);
        });

    public void Begin(GenerationStart start) => Later(() => Do(lead.Begin(start, key, Now)));

    public void Request(StepRequest request) => Later(() => Do(lead.Request(request)));

    public void NodeLost(string name) => Later(() => Do(lead.NodeLost(name, Now)));

    private void Later(Action act) => world.At(coordinator.Process, TimeSpan.FromTicks(1), () =>
    {
        if (!_over) act();
    });

    private void Tick()
    {
        if (_over) return;
        Do(world.Bug == PlantedBug.RequestsAreSaidOnce ? [.. lead.Tick(Now).Where(effect => effect is not GenerationEffect.Ask)] : lead.Tick(Now));
        world.At(coordinator.Process, GenerationLead.Beat, Tick);
    }

    private void Do(IReadOnlyList<GenerationEffect> effects, Word? word = null)
    {
        foreach (var effect in effects)
        {
            switch (effect)
            {
                case GenerationEffect.Join join: Send(join.Rank, $"join {lead.Generation}", node => node.Join(lead.Generation, this)); break;
                case GenerationEffect.Attach attach: Send(attach.Rank, $"attach {lead.Generation}", node => node.Attach(lead.Generation, attach.Heard, this)); break;
                case GenerationEffect.Start start: Send(start.Rank, $"start {lead.Generation}", node => node.Start(start.From, start.Team, this)); break;
                case GenerationEffect.Ask ask: Send(ask.Rank, $"{ask.Wanted} in {lead.Generation}", node => node.Request(lead.Generation, ask.Wanted)); break;
                case GenerationEffect.HandOn: ToExperiment(experiment => experiment.Hear(word!)); break;
                case GenerationEffect.Gathered gathered: ToExperiment(experiment => experiment.Gathered(this, lead.Generation, gathered)); break;
                case GenerationEffect.Reattached: ToExperiment(experiment => experiment.Do(experiment.Conductor.Reattached())); break;
                case GenerationEffect.AllStopped stopped: ToExperiment(experiment => experiment.Do(experiment.Conductor.Stopped(lead.Generation, stopped.Step))); break;
                case GenerationEffect.LoseSeat lost: if (world.IsTraced) world.Note($"generation {lead.Generation} loses {nodes[lost.Rank].Name}: {lost.Reason}"); break;
                case GenerationEffect.Settle settle: world.At(coordinator.Process, settle.Delay, () => { if (!_over) Do(lead.Settled()); }); break;
                case GenerationEffect.Broken broken:
                    _over = true;
                    ToExperiment(experiment => experiment.Broken(this, lead.Generation, broken));
                    break;
            }
        }
    }

    private void Send(int rank, string what, Action<SimulatedNode> deliver) => world.Send(coordinator.Process, nodes[rank].Process, what, () => deliver(nodes[rank]));

    private void ToExperiment(Action<SimulatedCoordinator> act) => coordinator.Input(() => act(coordinator));
}
