using System.Collections.Immutable;
using ActorTrainer.Core.Data;
using ActorTrainer.Data.Decoding;

namespace ActorTrainer.Data.Sources;

/// <summary>A data set whose samples can be decoded, from any number of threads at once.</summary>
internal abstract class DataSet(string location, DataManifest manifest, ImmutableArray<SampleProblem> problems) : IDataSet
{
    public string Location => location;

    public DataManifest Manifest => manifest;

    public ImmutableArray<SampleProblem> Problems => problems;

    /// <summary>Puts one sample into <see cref="Workspace.Picture"/>. Throws <see cref="CorruptImageException"/> or <see cref="IOException"/>.</summary>
    public abstract void Decode(int sample, Workspace workspace, Rgb background);

    public abstract void Dispose();
}
