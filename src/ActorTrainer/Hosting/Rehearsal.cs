using System.Buffers;
using System.Diagnostics;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Training;
using ActorTrainer.Data.Inspection;

namespace ActorTrainer.Hosting;

/// <summary>What a run will take on this machine, by a few steps of each phase: three, or two seconds' worth of quick ones. Nothing is kept.</summary>
/// <param name="Time">Of all steps and evaluations, if no phase ends early and nothing else runs here.</param>
/// <param name="CheckpointBytes">Of the largest checkpoint.</param>
/// <param name="PeakMemory">Bytes this process had resident at most.</param>
/// <param name="Picture">PNG of the first augmented batch.</param>
internal sealed record Rehearsal(TimeSpan Time, long CheckpointBytes, long PeakMemory, byte[] Picture)
{
    private const int FewestSteps = 3, MostSteps = 60;
    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(2);

    /// <summary>A forward pass alone, as a share of a whole step: backward costs about twice as much.</summary>
    private const double ForwardShare = 1.0 / 3;

    /// <summary>On the calling thread, as sessions ask for.</summary>
    public static Rehearsal Of(PreparedExperiment experiment, IEngine engine, IWeightSource weights, CancellationToken cancel)
    {
        var (plan, job) = (experiment.Plan, experiment.Job);
        using var session = engine.OpenTraining(job, weights);
        var (total, largest, picture) = (TimeSpan.Zero, 0L, Array.Empty<byte>());
        long step = 0;
        int epochs = 0;
        for (int phase = 0; phase < plan.Phases.Length; phase++)
        {
            var cursor = new TrainingCursor(phase, 0, new(step), epochs);
            if (phase == 0) session.Begin(cursor, null);
            else session.EnterPhase(cursor);
            var (each, features) = TimeSteps(experiment, session, cursor, phase == 0 ? batch => picture = BatchPicture.Draw(batch, plan.Phases[0].Classes) : null, cancel);
            var settings = plan.Phases[phase].Settings;
            total += each * plan.Phases[phase].Steps + Evaluations(experiment, phase, features ?? each * ForwardShare);
            if (features is { } once) total += once * ((long)plan.Phases[phase].StepsPerEpoch * Math.Min(settings.Features!.Variants, settings.Epochs));
            var state = session.Capture(cursor);
            largest = Math.Max(largest, state.Weights.Concat(state.Optimizer).Sum(tensor => (long)tensor.Data.Length));
            step += plan.Phases[phase].Steps;
            epochs += plan.Phases[phase].Settings.Epochs;
        }

        using var process = Process.GetCurrentProcess();
        return new(total, largest, process.PeakWorkingSet64, picture);
    }

    /// <summary>
    /// The time of one step with its batch, and, in a phase on features, that of computing them, which is no part of each step then: medians, for the first ones
    /// warm up.
    /// </summary>
    private static (TimeSpan Each, TimeSpan? Features) TimeSteps(PreparedExperiment experiment, ITrainSession session, TrainingCursor cursor, Action<HostBatch>? look, CancellationToken cancel)
    {
        var (plan, source, exchange) = (experiment.Plan, experiment.Data.Training(cursor.Phase), new LocalExchange());
        long most = Math.Min(MostSteps, plan.Phases[cursor.Phase].Steps), begun = Stopwatch.GetTimestamp();
        int featureBytes = experiment.Job.Phases[cursor.Phase].FeatureBytes;
        List<TimeSpan> times = [], computing = [];
        for (int i = 0; i < most && (i < FewestSteps || Stopwatch.GetElapsedTime(begun) < Enough); i++)
        {
            long began = Stopwatch.GetTimestamp();
            using var pictures = source.LoadAsync(plan.Batch(cursor), cancel).GetAwaiter().GetResult();
            var loading = Stopwatch.GetElapsedTime(began);
            if (i == 0) look?.Invoke(pictures);
            var computed = TimeSpan.Zero;
            using var batch = featureBytes > 0 ? Compute(session, pictures, featureBytes, out computed) : pictures;
            if (featureBytes > 0)
            {
                computing.Add(Both(experiment, loading, computed));
                loading = TimeSpan.Zero;
            }

            began = Stopwatch.GetTimestamp();
            var at = plan.Coordinates(cursor);
            session.Apply(exchange.Exchange(session.Compute(batch, at, ShardRange.All(experiment.Job.LogicalShards))), at);
            times.Add(Both(experiment, loading, Stopwatch.GetElapsedTime(began)));
            cursor = plan.Advance(cursor);
        }

        return (Median(times), featureBytes > 0 ? Median(computing) : null);
    }

    private static HostBatch Compute(ITrainSession session, HostBatch pictures, int featureBytes, out TimeSpan time)
    {
        long began = Stopwatch.GetTimestamp();
        byte[] features = session.Features(pictures);
        time = Stopwatch.GetElapsedTime(began);
        var memory = MemoryPool<byte>.Shared.Rent(features.Length);
        features.CopyTo(memory.Memory);
        return HostBatch.OfFeatures(pictures.Request, featureBytes, memory, pictures.Labels, pictures.Weights, default, wholeWeight: pictures.WholeWeight);
    }

    /// <summary>Decoding goes on beside training, on the same cores where the CPU trains.</summary>
    private static TimeSpan Both(PreparedExperiment experiment, TimeSpan loading, TimeSpan training) =>
        experiment.Job.Device.Kind == DeviceKind.Cpu ? loading + training : TimeSpan.FromTicks(Math.Max(loading.Ticks, training.Ticks));

    private static TimeSpan Median(List<TimeSpan> times) => times.Order().ElementAt(times.Count / 2);

    /// <param name="forward">Of one training batch with its loading.</param>
    private static TimeSpan Evaluations(PreparedExperiment experiment, int phase, TimeSpan forward)
    {
        var (plan, settings) = (experiment.Plan, experiment.Settings);
        int times = (plan.Phases[phase].Settings.Epochs + plan.EvaluateEveryEpochs - 1) / plan.EvaluateEveryEpochs;
        long samples = (long)times * experiment.Data.Phases[phase].ValidationSamples.Length;
        if (phase == plan.Phases.Length - 1) samples += experiment.Data.TestSet?.Manifest.Samples.Length ?? 0;
        return forward * samples / settings.Training.GlobalBatchSize;
    }
}

/// <summary>Whether the checkpoints fit.</summary>
/// <param name="Needed">Bytes: what is kept, the best, and one that is being written.</param>
/// <param name="Free">Bytes on the disk of the runs folder.</param>
internal sealed record DiskNeed(long Needed, long Free)
{
    public bool Fits => Needed <= Free;

    public static DiskNeed Of(CheckpointSettings settings, long checkpointBytes, RunsFolder runs) =>
        new(checkpointBytes * (settings.KeepLast + (settings.KeepBest ? 1 : 0) + 1), FreeBytes(runs.Path));

    /// <summary>Of the disk that a folder is or would be on.</summary>
    public static long FreeBytes(string folder) => new DriveInfo(Existing(folder)).AvailableFreeSpace;

    /// <summary>The folder itself, else the nearest above it that is there.</summary>
    public static string Existing(string folder)
    {
        while (!Directory.Exists(folder)) folder = Path.GetDirectoryName(folder)!;
        return folder;
    }
}
