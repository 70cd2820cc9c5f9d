using System.Collections.Immutable;
using ActorTrainer.Core.Data;
using ActorTrainer.Data.Batching;
using ActorTrainer.Data.Features;
using ActorTrainer.Data.Packing;
using ActorTrainer.Data.Sources;

namespace ActorTrainer.Data;

/// <summary>
/// Opens data sets: a folder of class folders, one inside a zip, MNIST idx files, CIFAR-10's binary files, a pack; and reads batches of them.
/// Stateless; every data set and source owns what it opened.
/// </summary>
/// <param name="cache">Knows what pictures were found to be when they were last opened; null: all are read.</param>
/// <param name="features">Keeps what frozen backbones made of pictures; null: nobody can train on features.</param>
public sealed class DataReader(ManifestCache? cache = null, FeatureCache? features = null) : IDataReader
{
    public IDataSet Open(string location, ImmutableArray<string>? classes, IProgress<DataProgress>? progress, CancellationToken cancel)
    {
        if (PackIndex.IsAt(location)) return PackedDataSet.Open(location, classes);
        if (RecordFiles.TryOpenFile(location, classes) is { } file) return file;
        if (DataLocation.OpenTree(location) is { } tree) return OpenIn(tree);
        string full = Path.GetFullPath(location), part = Path.GetFileName(full);
        if (part is RecordFiles.Train or RecordFiles.Test && Path.GetDirectoryName(full) is { } above)
        {
            using var folder = DataLocation.OpenTree(above);
            if (folder is not null && RecordFiles.TryOpenIn(location, folder, part, classes) is { } records) return records;
        }

        throw DataLocation.Missing(location);

        IDataSet OpenIn(IFileTree tree)
        {
            IDataSet? opened = null;
            try
            {
                opened = RecordFiles.TryOpenIn(location, tree, null, classes);
                return opened ?? (opened = ClassFolders.Open(tree, classes, progress, cancel, cache: cache));
            }
            finally
            {
                // Picture files stay in their tree, which the data set owns; records are in memory.
                if (opened is not ImageDataSet) tree.Dispose();
            }
        }
    }

    /// <summary>With the user's cache, as the program opens data.</summary>
    public static DataReader OfUser(TimeProvider time) =>
        new(ManifestCache.OfUser(Environment.GetEnvironmentVariable, time), FeatureCache.OfUser(Environment.GetEnvironmentVariable, time));

    public IBatchSource OpenBatches(IDataSet data, BatchSourceOptions options)
    {
        (data as PackedDataSet)?.RequireBackground(options.Background);
        return new BatchSource(data as DataSet ?? throw new ArgumentException($"{data.GetType().Name} was not opened by this reader", nameof(data)), options);
    }

    public IFeatureSource OpenFeatures(IDataSet data, FeatureSourceOptions options) => new FeatureSource(data, options, RequiredFeatures);

    public void RequireFeatureCache(long bytes) => RequiredFeatures.RequireRoom(bytes);

    private FeatureCache RequiredFeatures => features ?? throw new DataException(
        $"Training on features needs the user's cache, and there is none. Set {UserCache.Variable} to a folder (an absolute path), or remove features from the experiment's phases.");
}
