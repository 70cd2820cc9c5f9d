namespace ActorTrainer.EndToEnd.Tests.Deploy;

/// <summary>What stands in deploy/, by kind of file.</summary>
internal static class DeployFiles
{
    public static string Root { get; } = Repository.Path("deploy");

    public static string Path(params string[] parts) => System.IO.Path.Combine([Root, .. parts]);

    public static IEnumerable<string> All(string pattern) => Directory.EnumerateFiles(Root, pattern, SearchOption.AllDirectories).Order(StringComparer.Ordinal);

    /// <summary>Kubernetes' documents, without kustomizations.</summary>
    public static IReadOnlyList<Yaml> Manifests { get; } = [.. All("*.yaml").Where(file => file.Contains("/kubernetes/base/", StringComparison.Ordinal) && !file.EndsWith("kustomization.yaml", StringComparison.Ordinal)).SelectMany(Yaml.Read)];

    public static IReadOnlyList<Yaml> StatefulSets => [.. Manifests.Where(document => document["kind"] == "StatefulSet")];

    public static Yaml Compose { get; } = Assert.Single(Yaml.Read(Path("compose", "compose.yaml")));
}
