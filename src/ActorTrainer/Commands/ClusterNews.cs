using System.Text;
using ActorTrainer.Client;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Training;
using ActorTrainer.Journal;
using Shares = ActorTrainer.Journal.TimeShares;
using Times = ActorTrainer.Core.Training.StepTimes;

namespace ActorTrainer.Commands;

/// <summary>What a service says of an experiment, in the words in which this program speaks of its own runs.</summary>
internal static class ClusterNews
{
    /// <summary>Throws <see cref="CommandException"/> for an event that this version does not know.</summary>
    public static RunNews Of(ExperimentNews news) => new([.. news.Events.Select(Of)], [.. news.Steps.Select(Of)]);

    public static RunOverview OverviewOf(ExperimentSummary run) => new(
        new(run.Name), Enum.TryParse<ExperimentStatus>(StateOf(run), ignoreCase: true, out var status) ? status : throw Newer($"'{run.Name}' is in a state"), run.Phase, run.Epoch, run.Epochs, run.Step, run.Steps,
        new(run.Generation), run.Trainers, Of(run.Best), Of(run.Test), run.Digest, run.Failure, run.ConfigurationHash, run.Created, run.Updated, run.Pid)
    { IsClusters = true };

    public static string StateOf(ExperimentSummary run) => run.State.ToString().ToLowerInvariant();

    public static Shares? SharesOf(ExperimentDetails run) => run.Time is { } time ? new(time.Steps, Of(time.Ms), time.BoundBy) : null;

    private static JournalEntry Of(ExperimentEvent happened)
    {
        try
        {
            return new(happened.Sequence, ExperimentEventJson.Read(happened.Type, Encoding.UTF8.GetBytes(happened.Data.GetRawText())));
        }
        catch (FormatException e)
        {
            throw Newer($"The cluster tells of something ({e.Message})");
        }
    }

    private static StepRecord Of(TrainingStep step) =>
        new(step.Epoch, new(step.Step), step.Loss, step.LearningRate, step.ImagesPerSecond, step.Phase, step.Top1, step.Ms is { } ms ? Of(ms) : default);

    private static Times Of(Client.StepTimes ms) => new(ms.Decode, ms.Wait, ms.Forward, ms.Backward, ms.Exchange, ms.Update, ms.Save);

    private static Measured? Of(Measurement? measured) => measured is { } at ? new(new(at.Step), at.Loss, at.Top1, at.Top5) : null;

    private static CommandException Newer(string what) => new($"{what} that this version can't read: is the cluster of a newer one?");
}
