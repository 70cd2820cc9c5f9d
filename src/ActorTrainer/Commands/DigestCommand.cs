using System.CommandLine;
using ActorTrainer.Core.Models;
using ActorTrainer.Journal;
using ActorTrainer.Terminal;

namespace ActorTrainer.Commands;

/// <summary>One number for a checkpoint's weights, computed from its files.</summary>
internal static class DigestCommand
{
    public static readonly string[] Examples = ["actortrainer digest quickstart", "actortrainer digest quickstart@best", "actortrainer digest quickstart@1200"];

    public static Command Create(Screen screen)
    {
        var reference = CommonOptions.Reference();
        var runs = CommonOptions.Runs();
        var command = new Command("digest", "Print the SHA-256 of a run's weights (the newest checkpoint's unless another is chosen)") { reference, runs };
        command.SetAction(parsed =>
        {
            var lookup = RunLookup.In(parsed.GetValue(runs));
            screen.Result(StateDictDigest.Of(lookup.FindCheckpoint(parsed.GetRequiredValue(reference), CheckpointChoice.Last).Content.State.Weights));
            return ExitCode.Done;
        });
        return command;
    }
}
