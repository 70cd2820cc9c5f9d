using ActorTrainer.Actors.Hosting;
using ActorTrainer.Core.Experiments;

namespace ActorTrainer.Terminal;

/// <summary>What a process that runs for days says on stderr: to a person as it is, to a machine as lines of its log.</summary>
internal static class NodeVoice
{
    public static Action<string> Of(Screen screen, LogFormat format, TimeProvider time) =>
        format == LogFormat.Json ? text => screen.Say(LogLine.Said(time.GetUtcNow(), text).ToJson()) : screen.Say;
}
