using ActorTrainer.Core.Experiments;

namespace ActorTrainer.Hosting.Cluster;

/// <summary>A configuration that came over a wire or out of the journal: no includes, no environment, all paths resolved by who sent it.</summary>
internal static class SubmittedConfiguration
{
    private const string Place = "submitted.conf";

    /// <summary>Throws <see cref="FormatException"/> with every problem, for a person.</summary>
    public static ExperimentConfiguration Read(string text)
    {
        var reading = ExperimentFile.Parse(text, Place, sources: ConfigurationSources.Isolated);
        return reading.Configuration ?? throw new FormatException(ConfigurationProblem.ToText(reading.Errors));
    }
}
