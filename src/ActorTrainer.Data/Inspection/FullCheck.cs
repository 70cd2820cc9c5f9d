using System.Collections.Immutable;
using ActorTrainer.Core.Data;
using ActorTrainer.Data.Decoding;
using ActorTrainer.Data.Sources;

namespace ActorTrainer.Data.Inspection;

/// <summary>Decodes every sample of a data set, however large: what opening does only where that is quick.</summary>
public static class FullCheck
{
    /// <summary>All samples that can't be decoded, in order of their numbers.</summary>
    /// <param name="threads">To decode on; null: the machine's cores.</param>
    public static ImmutableArray<SampleProblem> Run(IDataSet data, IProgress<DataProgress>? progress, CancellationToken cancel, int? threads = null)
    {
        var set = (DataSet)data;
        var samples = data.Manifest.Samples;
        var problems = new SampleProblem?[samples.Length];
        var meter = new ProgressMeter(progress, samples.Length, "decoding");
        WorkerThreads.For(samples.Length, "full-check", (i, workspace) =>
        {
            try
            {
                Retry.OnIOError($"{data.Location}/{samples[i].Path}", () => set.Decode(i, workspace, Rgb.White), cancel);
            }
            catch (CorruptImageException e)
            {
                problems[i] = new(i, samples[i].Path, e.Message);
            }
            catch (IOException e)
            {
                throw new DataException(e.Message, e);
            }

            meter.Step();
        }, cancel, threads);
        return [.. problems.OfType<SampleProblem>()];
    }
}
