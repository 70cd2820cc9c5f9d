using System.Collections.Immutable;
using ActorTrainer.Core.Data;
using ActorTrainer.Data.Augmentation;
using ActorTrainer.Data.Decoding;

namespace ActorTrainer.Data.Sources;

/// <summary>A data set whose samples can be decoded, from any number of threads at once. A sample is first read, which may be tried again, and then decoded.</summary>
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

    /// <summary>Brings one sample to the workspace and says how large its picture is. Throws <see cref="CorruptImageException"/> or <see cref="IOException"/>.</summary>
    public abstract PictureSize Read(int sample, Workspace workspace);

    /// <summary>
    /// Puts into <see cref="Workspace.Picture"/> what a framing reaches of the sample that was <see cref="Read"/> last, and says what that is.
    /// Throws <see cref="CorruptImageException"/>, depending on the sample's bytes alone.
    /// </summary>
    public abstract PicturePart Decode(int sample, Workspace workspace, Rgb background, Framing framing, PictureDecoding mode);

    /// <summary>Puts one whole sample into <see cref="Workspace.Picture"/>. Throws <see cref="CorruptImageException"/> or <see cref="IOException"/>.</summary>
    public void Decode(int sample, Workspace workspace, Rgb background) =>
        Decode(sample, workspace, background, Framing.Whole(Read(sample, workspace)), PictureDecoding.Exact);

    public abstract void Dispose();
}
