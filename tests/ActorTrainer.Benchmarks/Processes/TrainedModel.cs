namespace ActorTrainer.Benchmarks.Processes;

/// <summary>A folder of runs, made for a measurement and removed after it, with a small model in it that was really trained: some steps on the digits.</summary>
internal sealed class TrainedModel : IDisposable
{
    public const string Name = "digits";

    private readonly string _folder = Directory.CreateTempSubdirectory("actortrainer-serving-").FullName;

    private TrainedModel()
    {
    }

    public string Runs => Path.Combine(_folder, "runs");

    /// <param name="data">A data set of grey pictures with class folders.</param>
    /// <param name="versions">How many: each is the run of another seed, the older ones set aside.</param>
    public static async Task<TrainedModel> TrainAsync(string data, int versions, CancellationToken cancel)
    {
        var model = new TrainedModel();
        string file = Path.Combine(model._folder, "digits.conf");
        await File.WriteAllTextAsync(file, $$"""
            experiment {
              name = {{Name}}
              seed = 1
              data {
                train = "{{data}}", validation = 0.2
                channels = 1, image-size = 32, background = black, normalize = none
                augment = [ { resize = [32, 32] } ]
                evaluate = [ { resize = [32, 32] } ]
              }
              model.architecture = lenet5
              training { global-batch-size = 64, optimizer { learning-rate = 0.05, momentum = 0.9 }, phases = [ { epochs = 1 } ] }
            }
            """, cancel).ConfigureAwait(false);
        for (int seed = 1; seed <= versions; seed++)
            await Programs.OutputAsync(Programs.Product, ["run", file, "--runs", model.Runs, "--set", $"experiment.seed={seed}", "--fresh", "--yes", "--json"], cancel).ConfigureAwait(false);
        return model;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
