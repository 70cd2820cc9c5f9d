using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Xml.Linq;

namespace ActorTrainer.EndToEnd.Tests.Architecture;

/// <summary>Projects are cut by what they must not know. A reference that is not in these tables is a decision, not a detail.</summary>
public class ReferencesSpec
{
    private const string Core = "ActorTrainer.Core", Data = "ActorTrainer.Data", Torch = "ActorTrainer.Torch", Transport = "ActorTrainer.Transport",
        Actors = "ActorTrainer.Actors", Client = "ActorTrainer.Client", Program = "ActorTrainer";

    public static TheoryData<string, string[]> Projects => new()
    {
        { Core, [] }, { Data, [Core] }, { Torch, [Core] }, { Transport, [Core] }, { Actors, [Core] }, { Client, [] }, { Program, [Actors, Client, Core, Data, Torch, Transport] },
    };

    /// <summary>Families of packages and framework parts, and the only projects that may use them.</summary>
    public static TheoryData<string, string[]> Families => new()
    {
        { "Akka", [Actors, Program] },
        { "TorchSharp", [Torch] },
        { "TorchVision", [Torch] },
        { "SkiaSharp", [Data] },
        { "OnnxSharp", [Torch] },
        { "Onnx", [Torch] },
        { "Google.Protobuf", [Torch, Program] },
        { "Grpc", [Program] },
        { "Microsoft.Data.Sqlite", [Actors, Program] },
        { "Spectre.Console", [Program] },
        { "System.CommandLine", [Program] },
        { "Microsoft.AspNetCore", [Program] },
        { "OpenTelemetry", [Program] },
        { "System.Net", [Transport, Client, Program] },
    };

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_refers_to_no_other_than_these(string project, string[] expected) =>
        Assert.Equal(expected.Order(StringComparer.Ordinal), Items(project, "ProjectReference").Select(path => Path.GetFileNameWithoutExtension(path.Replace('\\', '/'))).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Families))]
    public void What_a_package_is_for_is_known_to_these_projects_only(string family, string[] allowed)
    {
        foreach (string project in AllProjects().Where(project => !allowed.Contains(project)))
        {
            Assert.DoesNotContain(Items(project, "PackageReference").Concat(Items(project, "FrameworkReference")), name => IsOf(family, name));
            Assert.DoesNotContain(AssembliesOf(project), name => IsOf(family, name));
        }
    }

    [Theory]
    [InlineData(Core)]
    [InlineData(Client)]
    public void It_stands_on_the_runtime_alone(string project)
    {
        Assert.Empty(Items(project, "PackageReference").Concat(Items(project, "FrameworkReference")));
        Assert.DoesNotContain(AssembliesOf(project), name => !name.StartsWith("System.", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_project_is_in_the_table() =>
        Assert.Equal(AllProjects().Order(StringComparer.Ordinal), Projects.Select(row => (string)row[0]).Order(StringComparer.Ordinal));

    [Fact]
    public void The_folder_of_sources_holds_the_projects_and_nothing_else() =>
        Assert.Equal(AllProjects().Order(StringComparer.Ordinal), Directory.EnumerateFileSystemEntries(Repository.Path("src")).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));

    private static IEnumerable<string> AllProjects() =>
        Directory.EnumerateFiles(Repository.Path("src"), "*.csproj", SearchOption.AllDirectories).Select(path => Path.GetFileNameWithoutExtension(path));

    private static IEnumerable<string> Items(string project, string kind) =>
        XDocument.Load(Repository.Path("src", project, $"{project}.csproj")).Descendants(kind).Select(item => (string)item.Attribute("Include")!);

    /// <summary>What the compiled project refers to, read from its metadata: nothing is loaded.</summary>
    private static IReadOnlyList<string> AssembliesOf(string project)
    {
        using var file = new PEReader(File.OpenRead(Path.Combine(AppContext.BaseDirectory, (project == Program ? "actortrainer" : project) + ".dll")));
        var metadata = file.GetMetadataReader();
        return [.. metadata.AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name))];
    }

    private static bool IsOf(string family, string name) => name == family || name.StartsWith(family + ".", StringComparison.Ordinal) || name.StartsWith(family + "-", StringComparison.Ordinal);
}
