using System.Collections.Immutable;
using ActorTrainer.Core.Checkpoints;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;
using ActorTrainer.Journal;

namespace ActorTrainer.Hosting;

/// <summary>
/// A checkpoint that answers. Everything runs on the thread that opened it, which libtorch asks for; decoding goes on beside it, a few batches ahead.
/// </summary>
internal sealed class LoadedModel : IDisposable
{
    private const int Ahead = 3;
    private readonly IInferenceSession _session;
    private readonly IDataReader _reader;
    private readonly int _batchSize;

    private LoadedModel(IInferenceSession session, IDataReader reader, ModelDescription description, int batchSize) =>
        (_session, _reader, Description, _batchSize) = (session, reader, description, batchSize);

    public ModelDescription Description { get; }

    /// <summary>Opens it as it was evaluated in training: same kind of device, threads and batch size, so that the same data give the same numbers.</summary>
    /// <param name="notice">Told where that is not possible.</param>
    public static LoadedModel Open(Services services, RunsFolder runs, RunEntry run, CheckpointContent content, Action<string> notice)
    {
        var weights = new RunWeights(runs);
        var engine = services.Engine();
        var session = engine.OpenInference(InferenceDevice.For(engine, run.Experiment.Definition.Device, notice), weights);
        try
        {
            session.Load(content.Model, content.State.Weights);
            return new(session, services.Data(), content.Model, BatchSizeOf(run.Experiment.Definition));
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Logits for every sample, in batches, in the data set's order. A picture that can't be decoded is in its batch's excluded, with weight 0.</summary>
    /// <param name="labels">What labels are indexes into; default: the data set's own classes.</param>
    public IEnumerable<Answer> Answer(IDataSet data, ImmutableArray<string> labels, CancellationToken cancel) =>
        Answer(data, [.. Enumerable.Range(0, data.Manifest.Samples.Length)], labels, cancel);

    /// <param name="chosen">Which samples, by number.</param>
    public IEnumerable<Answer> Answer(IDataSet data, ImmutableArray<int> chosen, ImmutableArray<string> labels, CancellationToken cancel)
    {
        var options = new BatchSourceOptions(Description.Evaluate, Description.Channels, Description.ImageSize, Description.Background, CorruptFilePolicy.Skip,
            [], 0, Environment.ProcessorCount, LabelClasses: labels)
        {
            Decode = Description.Decode,
        };
        using var source = _reader.OpenBatches(data, options);
        var requests = chosen.Chunk(_batchSize).Select((samples, index) => new BatchRequest(index, 0, [.. samples]));
        var loading = new Queue<Task<HostBatch>>();
        try
        {
            foreach (var request in requests)
            {
                loading.Enqueue(source.LoadAsync(request, cancel));
                if (loading.Count >= Ahead) yield return Next();
            }

            while (loading.Count > 0) yield return Next();
        }
        finally
        {
            foreach (var task in loading) Discard(task);
        }

        Answer Next()
        {
            cancel.ThrowIfCancellationRequested();
            using var batch = loading.Dequeue().GetAwaiter().GetResult();
            return new(batch.Request.Samples, batch.Labels, batch.Weights, batch.Excluded, _session.Logits(batch));
        }
    }

    public void Dispose() => _session.Dispose();

    private static void Discard(Task<HostBatch> task) =>
        task.ContinueWith(done => done.Result.Dispose(), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);

    /// <summary>Part of the result: features differ in their last bits between batch sizes.</summary>
    private static int BatchSizeOf(ExperimentDefinition definition) =>
        ExperimentFile.Parse(definition.EffectiveConfiguration, "effective.conf", sources: ConfigurationSources.Isolated).Configuration?.Settings.Evaluation.BatchSize ?? 64;
}

/// <summary>What the model said to one batch.</summary>
/// <param name="Samples">Numbers in the manifest.</param>
/// <param name="Logits">N x K, row-major.</param>
internal sealed record Answer(
    ImmutableArray<int> Samples, int[] Labels, float[] Weights, ImmutableArray<SampleProblem> Excluded, float[] Logits)
{
    public ReadOnlySpan<float> Of(int index) => Logits.AsSpan(index * (Logits.Length / Samples.Length), Logits.Length / Samples.Length);
}
