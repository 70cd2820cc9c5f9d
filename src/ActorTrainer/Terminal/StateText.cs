using ActorTrainer.Core.Experiments;
using ActorTrainer.Journal;

namespace ActorTrainer.Terminal;

internal static class StateText
{
    public static string Of(RunOverview run) => run.IsAbandoned ? $"{Of(run.State)} (stopped)" : Of(run.State);

    public static string Of(ExperimentStatus status) => status.ToString().ToLowerInvariant();
}
