using System.Text.RegularExpressions;
using ActorTrainer.Client;
using ActorTrainer.EndToEnd.Tests.BadInput;
using ActorTrainer.EndToEnd.Tests.Cluster;
using ActorTrainer.EndToEnd.Tests.Processes;

namespace ActorTrainer.EndToEnd.Tests.Serving;

/// <summary>A .NET program's way: pictures up, an experiment, its events, its model; and two gateways, of which one is killed while it is asked.</summary>
[Collection(ProcessTests.Name)]
public sealed partial class ClientLibrarySpec : IDisposable
{
    private const string Experiment = """
        experiment {
          name = shapes
          data {
            train = "dataset:shapes", validation = 0.25
            channels = 1, image-size = 32, normalize = none
            augment = [ { resize = [32, 32] } ], evaluate = [ { resize = [32, 32] } ]
            loader-threads = 1
          }
          model.architecture = lenet5
          training { global-batch-size = 4, phases = [ { epochs = 2 } ] }
          resources.threads = 1
        }
        """;

    private readonly Workshop _workshop = new();

    public void Dispose() => _workshop.Dispose();

    [Fact]
    public void The_documentation_shows_code_that_compiles() => ShownCode.IsIn("ClientSample.cs", "ActorTrainer.Client");

    [Fact]
    public async Task From_pictures_to_answers_and_on_at_another_gateway_when_one_is_killed()
    {
        Pictures.Folder(_workshop, "shapes", "dark", "light");
        string picture = _workshop.Write("light.png", Pictures.Png(8, 8, 130));
        using var node = RunningProgram.Start(_workshop.Folder, ["node", "--runs", _workshop.Runs, "--port", $"{TestCluster.FreePort()}", "--http", "0"]);
        string first = await ListensAsync(node, "HTTP on");
        await node.Until("it is in the cluster", () => node.Error.Contains("In the cluster as", StringComparison.Ordinal));
        var answer = await ClientSample.RunAsync(first, null, Path.Combine(_workshop.Folder, "shapes"), Experiment, picture);
        Assert.Equal(("shapes", 2), (answer.Model, answer.Results.Single().Predictions.Length));

        using var alone = RunningProgram.Start(_workshop.Folder, ["serve", "--runs", _workshop.Runs, "--http", "0"]);
        string second = await ListensAsync(alone, "Serving");
        using var other = new ActorTrainerClient(new() { Servers = ServerAddresses.Parse(second) });
        await alone.Until("it is ready", () => other.TroubleAsync().Result is null);

        // Four callers that ask without a pause; none of them may see that the first gateway dies.
        using var service = new ActorTrainerClient(new() { Servers = ServerAddresses.Parse($"{first},{second}") });
        using var stop = new CancellationTokenSource();
        int answered = 0;
        var bytes = await Picture.ReadFileAsync(picture);
        var callers = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                Assert.Equal(answer.Version, (await service.Models.PredictAsync("shapes", bytes, new() { Timeout = TimeSpan.FromSeconds(60) })).Version);
                Interlocked.Increment(ref answered);
            }
        })).ToList();
        await node.Until("it has answered", () => Volatile.Read(ref answered) >= 40 || callers.Any(caller => caller.IsCompleted));
        node.Kill();
        int before = Volatile.Read(ref answered);
        await alone.Until("the other has answered", () => Volatile.Read(ref answered) >= before + 40 || callers.Any(caller => caller.IsCompleted));
        await stop.CancelAsync();
        await Task.WhenAll(callers);

        // What was done there is seen here, by the commands too, which use the library.
        Assert.Equal(ExperimentState.Completed, (await service.Experiments.ShowAsync("shapes")).State);
        using var weights = new MemoryStream();
        Assert.Equal(answer.Version, (await service.Models.DownloadWeightsAsync("shapes", weights)).Version);
        using var told = RunningProgram.Start(_workshop.Folder, ["predict", "shapes", "light.png", "--top", "2", "--json", "--server", $"{first},{second}"]);
        var ended = (await told.Ended()).Completes();
        Assert.Equal(answer.Results[0].Predictions[0].Label, (string)ended.Lines.Single()["predictions"]![0]!["label"]!);
        Assert.Contains("is asked instead", ended.Error, StringComparison.Ordinal);
    }

    private static async Task<string> ListensAsync(RunningProgram program, string said)
    {
        await program.Until("it listens", () => program.Error.Split('\n').Any(line => line.StartsWith(said, StringComparison.Ordinal) && Url().IsMatch(line)));
        return Url().Match(program.Error).Value;
    }

    [GeneratedRegex(@"http://127\.0\.0\.1:\d+")]
    private static partial Regex Url();
}
