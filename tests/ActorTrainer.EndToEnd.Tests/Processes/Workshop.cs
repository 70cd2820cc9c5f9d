namespace ActorTrainer.EndToEnd.Tests.Processes;

/// <summary>
/// A temporary folder with an experiment file <c>tiny.conf</c> and a runs folder. The experiment is as small as one can be that still has everything:
/// four of the ten digits, four logical shards, an augmentation that draws, momentum, a schedule, several epochs with several checkpoints each.
/// </summary>
internal class Workshop : IDisposable
{
    public const string Tiny = "tiny";

    public Workshop(string? runs = null)
    {
        Folder = Directory.CreateTempSubdirectory("actortrainer-").FullName;
        Runs = runs ?? Path.Combine(Folder, "runs");
        Write("tiny.conf", TinyExperiment(Digits));
    }

    public string Folder { get; }

    public string Runs { get; }

    /// <summary>A database's connection string; null: the runs folder has its own journal.</summary>
    public string? Journal { get; init; }

    /// <summary>Where the checkpoints of new runs are kept; null: in their folders.</summary>
    public string? Checkpoints { get; set; }

    /// <summary>The data set that ships with the repository.</summary>
    public static string Digits => Repository.Path("config", "data", "digits.zip");

    public static string TinyExperiment(string digits) =>
        $$"""
        experiment {
          name = {{Tiny}}
          seed = 1
          data {
            train = "{{digits}}/train"
            validation = 0.1
            test = "{{digits}}/test"
            classes = ["0", "1", "2", "3"]
            channels = 1, image-size = 32, background = black, normalize = none
            augment = [ { resize = [32, 32] }, { random-rotation = 10 }, { random-crop { size = 32, padding = 2 } } ]
            evaluate = [ { resize = [32, 32] } ]
            ledger = true
            loader-threads = 1
          }
          model.architecture = lenet5
          training {
            global-batch-size = 32, logical-shards = 4
            optimizer { learning-rate = 0.05, momentum = 0.9 }
            schedule { type = cosine, warm-up-epochs = 1 }
            phases = [ { epochs = 4 } ]
          }
          checkpoint.every-steps = 2
          resources.threads = 1
        }
        """;

    public RunFiles this[string name] => new(new(Path.Combine(Runs, name)));

    /// <summary>The run of tiny.conf.</summary>
    public RunFiles Run => this[Tiny];

    public string Write(string name, string text)
    {
        string path = Path.Combine(Folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    public string Write(string name, byte[] bytes)
    {
        string path = Path.Combine(Folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    /// <summary><c>run tiny.conf --json</c> and more.</summary>
    public RunningProgram StartTraining(string? failpoint = null, params string[] more) =>
        RunningProgram.Start(Folder, ["run", "tiny.conf", "--runs", Runs, "--json", .. more], failpoint, Journal, Checkpoints);

    public Task<EndedProgram> Train(params string[] more) => TrainUpTo(null, more);

    /// <summary>Until the failpoint kills it; null: to the end.</summary>
    public async Task<EndedProgram> TrainUpTo(string? failpoint, params string[] more)
    {
        using var program = StartTraining(failpoint, more);
        return await program.Ended();
    }

    /// <summary>Makes digits.pack of the data set that ships with the repository.</summary>
    public async Task<EndedProgram> Pack(string content)
    {
        using var program = RunningProgram.Start(Folder, ["pack", Digits, "digits.pack", "--as", content]);
        return await program.Ended();
    }

    /// <summary>Another command on the runs folder.</summary>
    public async Task<EndedProgram> Ask(params string[] arguments)
    {
        using var program = RunningProgram.Start(Folder, [.. arguments, "--runs", Runs], journal: Journal, checkpoints: Checkpoints);
        return await program.Ended();
    }

    /// <summary>The ends of the logs of all nodes on its runs folder.</summary>
    public string NodeLogs() => string.Join("\n", Directory.GetFiles(Path.Combine(Runs, ".nodes"), "*.log").Select(file => $"{file}\n{string.Join('\n', File.ReadLines(file).TakeLast(60))}"));

    /// <summary>A workshop whose runs folder is a copy of this one's: what one prepared, several can damage.</summary>
    public Workshop Copy()
    {
        var copy = new Workshop();
        CopyFolder(Runs, copy.Runs);
        return copy;
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static void CopyFolder(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string file in Directory.EnumerateFiles(from)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        foreach (string folder in Directory.EnumerateDirectories(from)) CopyFolder(folder, Path.Combine(to, Path.GetFileName(folder)));
    }
}
