using System.Reflection;
using ActorTrainer.Client;
using ActorTrainer.Core.Experiments;
using PublicApiGenerator;

namespace ActorTrainer.EndToEnd.Tests.Architecture;

/// <summary>
/// Core is the contract between all parts, Client the one with other people's programs: their public surfaces stand in files, and a change shows in a review as what it is. A change that is
/// meant: set ACTORTRAINER_APPROVE=1, run this test, commit the file.
/// </summary>
public class PublicApiSpec
{
    [Fact]
    public void The_public_surface_of_Core_is_the_approved_one() => IsApproved(typeof(ExperimentFile).Assembly);

    [Fact]
    public void The_public_surface_of_Client_is_the_approved_one() => IsApproved(typeof(ActorTrainerClient).Assembly);

    private static void IsApproved(Assembly assembly)
    {
        string file = Repository.Path("tests", "ActorTrainer.EndToEnd.Tests", "TestData", $"{assembly.GetName().Name}.txt");
        string now = assembly.GeneratePublicApi(new() { IncludeAssemblyAttributes = false }).ReplaceLineEndings("\n").TrimEnd() + "\n";
        if (Environment.GetEnvironmentVariable("ACTORTRAINER_APPROVE") == "1") File.WriteAllText(file, now);

        string[] approved = File.ReadAllText(file).Split('\n'), found = now.Split('\n');
        Assert.True(approved.SequenceEqual(found), $"The public surface has changed. New:\n{Lines(found.Except(approved))}\nGone:\n{Lines(approved.Except(found))}\nMeant? Run it with ACTORTRAINER_APPROVE=1.");
    }

    private static string Lines(IEnumerable<string> lines) => string.Join('\n', lines);
}
