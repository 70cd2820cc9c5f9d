using System.Text;
using ActorTrainer.Core.Experiments;

namespace ActorTrainer.Core.Tests.Experiments;

/// <summary>Files and variables that exist only in the test.</summary>
internal sealed class MemorySources : ConfigurationSources
{
    public Dictionary<string, string> Files { get; } = [];
    public Dictionary<string, string> Variables { get; } = [];

    public override string WorkingFolder => "/working";

    public override string? Environment(string name) => Variables.GetValueOrDefault(name);

    public override string? ReadFile(string path, int mostBytes) =>
        !Files.TryGetValue(path, out string? text) ? null
            : Encoding.UTF8.GetByteCount(text) <= mostBytes ? text : throw new IOException("too long");
}
