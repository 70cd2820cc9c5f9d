using System.Collections.Immutable;
using System.Globalization;
using ActorTrainer.Actors.Coordination;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Journal;
using ActorTrainer.Transport.Training;
using ActorTrainer.Transport.Training.TensorBoard;
using Akka.Actor;

namespace ActorTrainer.Hosting.Cluster;

/// <summary>The coordinator's view of the runs folder. It opens no data and loads no libtorch: a definition holds all that coordination needs.</summary>
internal sealed class ExperimentDesk(RunsFolder runs, TimeProvider time) : IExperimentDesk
{
    private readonly string _incarnation = string.Create(CultureInfo.InvariantCulture, $"{Environment.MachineName}/{Environment.ProcessId}");

    public Experiment? Earlier(ExperimentName name) => new RunJournal(runs).Load(name);

    public ExperimentName NameOf(string configuration) => SubmittedConfiguration.Read(configuration).Settings.Name;

    public string? ConflictWith(ExperimentDefinition earlier, ExperimentDefinition resolved, bool acceptMachine)
    {
        try
        {
            RunConflict.Check(earlier, resolved, "FILE", acceptMachine);
            return null;
        }
        catch (RunConflictException e)
        {
            return e.Message;
        }
    }

    public ExperimentDefinition Settle(ExperimentDefinition resolved, ExperimentDefinition? earlier) => runs.Settle(resolved, earlier);

    public string? GiveUp(ExperimentName name) => OnShelf(shelf => shelf.Cancel(name));

    public string? Remove(ExperimentName name) => OnShelf(shelf => shelf.Remove(name));

    public ImmutableArray<CoordinatorProtocol.PrunedItem> Prune(bool apply, IReadOnlySet<ExperimentName> busy)
    {
        var shelf = new RunShelf(runs, time);
        var pruning = Pruning.Of(runs, time, busy);
        ImmutableArray<CoordinatorProtocol.PrunedItem> items = [.. pruning.Items(shelf).Select(item => new CoordinatorProtocol.PrunedItem(item.What, item.Bytes))];
        if (apply) pruning.Apply(shelf);
        return items;
    }

    public OpenedExperiment Open(ExperimentDefinition definition, IActorRef crew)
    {
        var settings = SubmittedConfiguration.Read(definition.EffectiveConfiguration).Settings;
        var folder = runs[definition.Name];
        Directory.CreateDirectory(folder.Path);
        File.WriteAllText(folder.EffectiveConfiguration, definition.EffectiveConfiguration);
        var evaluations = new TensorBoardEvaluations(new EvaluationLog(FencedFile.Take(folder.Evaluations), time), folder.TensorBoardValidation, time);
        return new(new(definition, ExperimentPreparation.PlanOf(settings, definition), settings.Checkpoint, settings.Evaluation.EarlyStopping,
            runs.StoreOf(definition.Name, definition), evaluations, crew, new(settings.Resources.MinTrainers, settings.Resources.MaxTrainers), _incarnation, time), evaluations);
    }

    /// <summary>A run of the same folder may be trained by a person's own command, or be gone by now.</summary>
    private string? OnShelf(Action<RunShelf> act)
    {
        try
        {
            act(new RunShelf(runs, time));
            return null;
        }
        catch (Exception e) when (e is RunBusyException or IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }
}
