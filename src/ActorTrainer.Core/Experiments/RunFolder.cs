namespace ActorTrainer.Core.Experiments;

/// <summary>The paths of one run on disk: a folder of its own below the runs folder, beside the journal that all runs share.</summary>
/// <param name="Path">The run's folder.</param>
public sealed record RunFolder(string Path)
{
    public static RunFolder Of(string runs, ExperimentName name) => new(System.IO.Path.Combine(runs, name.Value));

    /// <summary>The journal of all runs in a runs folder (SQLite puts -wal and -shm beside it).</summary>
    public static string JournalOf(string runs) => System.IO.Path.Combine(runs, "journal.db");

    /// <summary>One line a step.</summary>
    public string Metrics => In("metrics.jsonl");

    /// <summary>One line an evaluated checkpoint.</summary>
    public string Evaluations => In("evaluations.jsonl");

    /// <summary>TensorBoard's files of the steps: <see cref="Metrics"/> to look at.</summary>
    public string TensorBoardTrain => In(System.IO.Path.Combine("tensorboard", "train"));

    /// <summary>The same of <see cref="Evaluations"/>.</summary>
    public string TensorBoardValidation => In(System.IO.Path.Combine("tensorboard", "validation"));

    /// <summary>One line a sample of a step, where the experiment asks for it.</summary>
    public string Ledger => In("ledger.jsonl");

    public string Log => In("log.txt");

    /// <summary>The effective configuration as HOCON.</summary>
    public string EffectiveConfiguration => In("effective.conf");

    /// <summary>One folder a checkpoint; see <see cref="Checkpoints.CheckpointPlacement"/>.</summary>
    public string CheckpointFolder => In("checkpoints");

    /// <summary>Held by the one process that trains this run.</summary>
    public string Lock => In(".lock");

    private string In(string name) => System.IO.Path.Combine(Path, name);
}
