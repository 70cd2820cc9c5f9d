using ActorTrainer.Actors.Evaluation;
using ActorTrainer.Core.Experiments;
using Akka.Actor;

namespace ActorTrainer.Actors.Experiments;

/// <summary>
/// The evaluations that an experiment has asked for and not had an answer to, and who makes them. An evaluator that is gone is replaced, and asked again:
/// an evaluation is a function of the checkpoint, so twice is once.
/// </summary>
internal sealed class EvaluationOrders(ExperimentName name, IActorRef crew, IActorRef experiment, ExperimentTrace trace)
{
    private readonly HashSet<(CheckpointId Checkpoint, int? Phase)> _outstanding = [];
    private IActorRef? _evaluator;
    private bool _asked;
    private int _failures;

    public IReadOnlyCollection<(CheckpointId Checkpoint, int? Phase)> Outstanding => _outstanding;

    /// <param name="phase">Whose validation set; null: the test set.</param>
    public void Order(CheckpointId checkpoint, int? phase)
    {
        if (!_outstanding.Add((checkpoint, phase))) return;
        if (_evaluator is { } evaluator) Send(evaluator, checkpoint, phase);
        else Ask();
    }

    /// <summary>Whether it was outstanding.</summary>
    public bool Done(CheckpointId checkpoint, int? phase)
    {
        _failures = 0;
        return _outstanding.Remove((checkpoint, phase));
    }

    public bool Serves(IActorRef who) => Equals(_evaluator, who);

    public void OnReady(IActorRef evaluator)
    {
        (_evaluator, _asked) = (evaluator, false);
        foreach (var (checkpoint, phase) in _outstanding.OrderBy(order => order.Checkpoint)) Send(evaluator, checkpoint, phase);
    }

    /// <summary>Finds another where one is needed. Returns how many failed in a row.</summary>
    public int Failed()
    {
        (_evaluator, _asked) = (null, false);
        if (_outstanding.Count > 0) Ask();
        return ++_failures;
    }

    private void Send(IActorRef evaluator, CheckpointId checkpoint, int? phase) => evaluator.Tell(new EvaluatorProtocol.Evaluate(checkpoint, phase, trace.Experiment), experiment);

    private void Ask()
    {
        if (_asked) return;
        _asked = true;
        crew.Tell(new CrewProtocol.RequestEvaluator(name), experiment);
    }
}
