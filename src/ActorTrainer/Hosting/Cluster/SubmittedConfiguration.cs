using ActorTrainer.Core.Experiments;

namespace ActorTrainer.Hosting.Cluster;

/// <summary>A configuration that came over a wire or out of the journal: no includes, no environment, all paths resolved by who sent it.</summary>
internal static class SubmittedConfiguration
{
    private const string Place = "submitted.conf";

    /// <summary>A configuration, or every problem by itself.</summary>
    public static ExperimentReading Check(string text) => ExperimentFile.Parse(text, Place, sources: ConfigurationSources.Isolated);

    /// <summary>Throws <see cref="FormatException"/> with every problem, for a person.</summary>
    public static ExperimentConfiguration Read(string text)
    {
        var reading = Check(text);
        return reading.Configuration ?? throw new FormatException(ConfigurationProblem.ToText(reading.Errors));
    }
}
