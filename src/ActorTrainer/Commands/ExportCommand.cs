using System.CommandLine;
using ActorTrainer.Hosting;
using ActorTrainer.Journal;
using ActorTrainer.Terminal;

namespace ActorTrainer.Commands;

/// <summary>Hands the weights on to other programs.</summary>
internal static class ExportCommand
{
    public static readonly string[] Examples = ["actortrainer export photos photos.safetensors", "actortrainer export photos@last photos.pth"];

    public static Command Create(Screen screen, Services services)
    {
        var reference = CommonOptions.Reference();
        var file = new Argument<string>("FILE") { Description = "Where to: .safetensors, or .pth, which loads in PyTorch" };
        var force = new Option<bool>("--force") { Description = "Replace a file that is there" };
        var runs = CommonOptions.Runs();
        var command = new Command("export", "Write a run's weights (the best checkpoint's unless another is chosen) to a file") { reference, file, force, runs };
        command.SetAction(parsed => Execute(screen, services, RunLookup.In(parsed.GetValue(runs)), parsed.GetRequiredValue(reference), parsed.GetRequiredValue(file), parsed.GetValue(force)));
        return command;
    }

    private static int Execute(Screen screen, Services services, RunLookup lookup, string reference, string file, bool force)
    {
        if (!ModelFile.Extensions.Contains(Path.GetExtension(file).ToLowerInvariant())) throw new UsageException($"{file}: the extension says the format; .safetensors or .pth is needed.");
        var (run, checkpoint, content) = lookup.FindCheckpoint(reference, CheckpointChoice.Best);
        OutputFile.Write(file, force, temporary => services.Export(content.Model, content.State.Weights, temporary));
        screen.Say($"Wrote {file} ({Format.Bytes(new FileInfo(file).Length)}): step {checkpoint.Id.Step} of {run.Name}, {content.Model.Architecture}, {Format.Count(content.Model.Classes.Length)} classes.");
        return ExitCode.Done;
    }
}
