using ActorTrainer.Core.Experiments;
using PublicApiGenerator;

namespace ActorTrainer.EndToEnd.Tests.Architecture;

/// <summary>
/// Core is the contract between all parts: its public surface stands in a file, and a change of it shows in a review as what it is. A change that is
/// meant: set ACTORTRAINER_APPROVE=1, run this test, commit the file.
/// </summary>
public class PublicApiSpec
{
    private static readonly string Approved = Repository.Path("tests", "ActorTrainer.EndToEnd.Tests", "TestData", "ActorTrainer.Core.txt");

    [Fact]
    public void The_public_surface_of_Core_is_the_approved_one()
    {
        string now = typeof(ExperimentFile).Assembly.GeneratePublicApi(new() { IncludeAssemblyAttributes = false }).ReplaceLineEndings("\n").TrimEnd() + "\n";
        if (Environment.GetEnvironmentVariable("ACTORTRAINER_APPROVE") == "1") File.WriteAllText(Approved, now);

        string[] approved = File.ReadAllText(Approved).Split('\n'), found = now.Split('\n');
        Assert.True(approved.SequenceEqual(found), $"The public surface has changed. New:\n{Lines(found.Except(approved))}\nGone:\n{Lines(approved.Except(found))}\nMeant? Run it with ACTORTRAINER_APPROVE=1.");
    }

    private static string Lines(IEnumerable<string> lines) => string.Join('\n', lines);
}
