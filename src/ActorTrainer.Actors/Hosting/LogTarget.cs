using ActorTrainer.Core.Experiments;

namespace ActorTrainer.Actors.Hosting;

/// <param name="File">Empty: nothing is written.</param>
public sealed record LogTarget(string File, LogFormat Format = LogFormat.Text);
