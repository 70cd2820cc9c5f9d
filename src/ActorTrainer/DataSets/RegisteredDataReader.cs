using System.Collections.Immutable;
using ActorTrainer.Core.Data;
using ActorTrainer.Hosting;

namespace ActorTrainer.DataSets;

/// <summary>Opens what is named <c>dataset:NAME</c> where it stands on this machine, and everything else as it is.</summary>
internal sealed class RegisteredDataReader(IDataReader reader, RunsFolder runs) : IDataReader
{
    private readonly DataSetShelf _shelf = new(runs.DataSets, TimeProvider.System);

    public IDataSet Open(string location, ImmutableArray<string>? classes, IProgress<DataProgress>? progress, CancellationToken cancel) =>
        reader.Open(RegisteredData.Parse(location) is { } registered ? _shelf.Locate(registered) : location, classes, progress, cancel);

    public IBatchSource OpenBatches(IDataSet data, BatchSourceOptions options) => reader.OpenBatches(data, options);

    public IFeatureSource OpenFeatures(IDataSet data, FeatureSourceOptions options) => reader.OpenFeatures(data, options);

    public void RequireFeatureCache(long bytes) => reader.RequireFeatureCache(bytes);
}
