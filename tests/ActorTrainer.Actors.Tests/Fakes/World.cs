using ActorTrainer.Actors.Evaluation;
using ActorTrainer.Actors.Experiments;
using ActorTrainer.Actors.Nodes;
using ActorTrainer.Actors.Training;
using ActorTrainer.Core.Evaluation;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Training;
using Akka.Actor;

namespace ActorTrainer.Actors.Tests.Fakes;

/// <summary>All that an experiment stands on but its actors: what a disk, a device and a data set are to a real one. Survives the actors.</summary>
internal sealed class World
{
    public World(TrainingPlan plan, bool validation = true, bool test = true)
    {
        Plan = plan;
        Definition = Some.Definition(plan, validation, test);
    }

    public TrainingPlan Plan { get; }
    public ExperimentDefinition Definition { get; set; }
    public FakeEngine Engine { get; } = new();
    public FakeExperimentData Data { get; } = new();
    public MemoryStore Store { get; } = new();
    public MemorySteps Steps { get; } = new();
    public MemoryEvaluations Evaluations { get; } = new();
    public EarlyStoppingSettings? EarlyStopping { get; init; }
    public CheckpointSettings Checkpoint { get; init; } = new(null, 2, true);
    public TrainerParts Trainer => new(Plan, Some.Job(Plan), Engine, new NoWeights(), Data, Store, new LocalExchanges(), () => Steps, null, "c0ffee", 3, TimeProvider.System);

    public ExperimentWork Work => new([Trainer], new EvaluatorParts(Engine, new NoWeights(), Some.Device, Data, Store, 2, 2));

    /// <summary>A crew of one new node.</summary>
    public IActorRef Crew(ActorSystem system) => system.ActorOf(LocalCrewActor.Props(system.ActorOf(NodeActor.Props(new PreparedWorkplace(Work)))));

    public ExperimentParts Parts(IActorRef crew) => new(Definition, Plan, Checkpoint, EarlyStopping, Store, Evaluations, crew, new(1, 1), "test", TimeProvider.System);
}
