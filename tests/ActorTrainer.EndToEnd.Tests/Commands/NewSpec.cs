using ActorTrainer.EndToEnd.Tests.BadInput;
using ActorTrainer.EndToEnd.Tests.Processes;

namespace ActorTrainer.EndToEnd.Tests.Commands;

/// <summary>From a folder of one's own pictures to a trained model in two commands.</summary>
[Collection(ProcessTests.Name)]
public class NewSpec
{
    [Fact]
    public async Task A_folder_of_pictures_becomes_an_experiment_that_trains()
    {
        using var workshop = new Workshop();
        Pictures.Folder(workshop, "My Photos", "cat", "dog");
        using var create = RunningProgram.Start(workshop.Folder, ["new", "My Photos", "photos.conf"]);
        (await create.Ended()).Completes();
        (await workshop.Ask("check", "photos.conf")).Completes();
        Assert.False(Directory.Exists(workshop.Runs));

        using var run = RunningProgram.Start(workshop.Folder,
        [
            "run", "photos.conf", "--runs", workshop.Runs, "--json", "--set", "experiment.resources.threads=1",
            "--set", "experiment.training.phases.0.epochs=1", "--set", "experiment.training.phases.1.epochs=1",
        ]);
        var ended = (await run.Ended()).Completes();

        Assert.Equal("completed", (string)ended.Lines[^1]["event"]!);
        workshop["photos"].HasNoLeftovers();
        var predicted = Assert.Single((await workshop.Ask("predict", "photos", "My Photos/cat/1.png", "--json")).Completes().Lines);
        Assert.Contains((string)predicted["predictions"]![0]!["label"]!, new[] { "cat", "dog" });
    }

    [Fact]
    public async Task An_experiment_file_that_is_there_is_not_overwritten()
    {
        using var workshop = new Workshop();
        Pictures.Folder(workshop, "photos", "cat", "dog");
        string before = File.ReadAllText(Path.Combine(workshop.Folder, "tiny.conf"));

        using var create = RunningProgram.Start(workshop.Folder, ["new", "photos", "tiny.conf"]);
        (await create.Ended()).Refuses(2, "tiny.conf");

        Assert.Equal(before, File.ReadAllText(Path.Combine(workshop.Folder, "tiny.conf")));
    }
}
