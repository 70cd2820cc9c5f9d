using ActorTrainer.Core.Experiments;
using ActorTrainer.Terminal;

namespace ActorTrainer.Commands;

/// <summary>An experiment file as commands read it: warnings are said, all errors at once end the command.</summary>
internal static class ConfigurationReader
{
    public static ExperimentConfiguration Read(Screen screen, string file, IReadOnlyList<string> overrides)
    {
        var reading = ExperimentFile.Read(file, overrides);
        foreach (var warning in reading.Warnings) screen.Say($"warning: {warning}");
        return reading.Configuration ?? throw new UsageException(
            $"{ConfigurationProblem.ToText(reading.Errors)}{Environment.NewLine}{Format.Count(reading.Errors.Length, "error")}; nothing was changed.");
    }
}
