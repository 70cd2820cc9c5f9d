using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments;

namespace ActorTrainer.DataSets;

/// <summary>The data sets that an experiment names.</summary>
internal static class RegisteredDataSets
{
    /// <summary>Names and folders that are not there, each where the text first says so.</summary>
    public static IEnumerable<ConfigurationProblem> Missing(ExperimentSettings settings, string text, DataSetShelf shelf) => Of(settings).Where(data => !IsThere(data, shelf)).Select(data =>
    {
        string location = data.ToString();
        string[] lines = text.Split('\n');
        int line = Array.FindIndex(lines, candidate => candidate.Contains(location, StringComparison.Ordinal));
        string message = shelf.Find(data.Name) is { } set
            ? $"the data set '{data.Name}' has no folder '{data.Inside}'; it has {string.Join(", ", set.Parts.Select(part => new RegisteredData(data.Name, part.Folder)))}"
            : $"no data set '{data.Name}' was uploaded";
        return new ConfigurationProblem("experiment.data", "submitted.conf", line + 1, line < 0 ? 0 : lines[line].IndexOf(location, StringComparison.Ordinal) + 1, message, SourceLine: line < 0 ? null : lines[line]);
    });

    private static IEnumerable<RegisteredData> Of(ExperimentSettings settings) => settings.Training.Phases
        .SelectMany(phase => new[] { phase.Data.Train, phase.Data.Test, (phase.Data.Validation as ValidationSource.At)?.Location })
        .OfType<string>().Distinct().Select(RegisteredData.Parse).OfType<RegisteredData>();

    /// <summary>A folder that holds the parts, or is one, or lies on the way to or in one.</summary>
    private static bool IsThere(RegisteredData data, DataSetShelf shelf) =>
        shelf.Find(data.Name) is { } set && (data.Inside.Length == 0 || set.Parts.Any(part => $"{part.Folder}/".StartsWith(data.Inside + "/", StringComparison.Ordinal)));
}
