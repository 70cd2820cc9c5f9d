using ActorTrainer.Core.Experiments;

namespace ActorTrainer.Terminal;

internal static class StateText
{
    public static string Of(ExperimentStatus status) => status.ToString().ToLowerInvariant();
}
