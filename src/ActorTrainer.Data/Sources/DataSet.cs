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

    /// <summary>What has been decoded before, where it is kept.</summary>
    public PictureCache? Cache { get; private set; }

    /// <summary>Keeps decoded pictures in memory from here on, if they are not kept already.</summary>
    /// <param name="bytes">Of pixels, at most.</param>
    public void KeepDecoded(long bytes, Rgb background) => Cache ??= new(Manifest.Samples.Length, background, bytes);

    /// <summary>As <see cref="Decode"/>, from memory where it is kept.</summary>
    public void DecodeOnce(int sample, Workspace workspace, Rgb background)
    {
        var cache = Cache?.Background == background ? Cache : null;
        if (cache?.TryGet(sample, workspace.Picture) == true) return;
        Decode(sample, workspace, background);
        cache?.Keep(sample, workspace.Picture);
    }

    /// <summary>Puts one sample into <see cref="Workspace.Picture"/>. Throws <see cref="CorruptImageException"/> or <see cref="IOException"/>.</summary>
    public abstract void Decode(int sample, Workspace workspace, Rgb background);

    public abstract void Dispose();
}
