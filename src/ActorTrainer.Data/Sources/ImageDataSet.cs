using System.Collections.Immutable;
using ActorTrainer.Core.Data;
using ActorTrainer.Data.Augmentation;
using ActorTrainer.Data.Decoding;

namespace ActorTrainer.Data.Sources;

/// <summary>Samples that are picture files, each in its tree. Owns the trees.</summary>
internal sealed class ImageDataSet(string location, DataManifest manifest, ImmutableArray<SampleProblem> problems, (IFileTree Tree, TreeFile File)[] files)
    : DataSet(location, manifest, problems)
{
    private readonly EncodedPictures _pictures = new(manifest.Samples.Length);

    public override PictureSize Read(int sample, Workspace workspace)
    {
        ReadBytes(sample, workspace.File);
        return EncodedPictures.SizeOf(workspace);
    }

    public override PicturePart Decode(int sample, Workspace workspace, Rgb background, Framing framing, PictureDecoding mode) =>
        _pictures.Decode(sample, workspace, background, framing, mode);

    public void ReadBytes(int sample, FileBytes into)
    {
        var (tree, file) = files[sample];
        tree.Read(file, into);
        if (into.Length != file.Size) throw new CorruptImageException($"{into.Length} bytes now, {file.Size} when the data were listed: it has changed since");
    }

    public override void Dispose()
    {
        foreach (var tree in files.Select(file => file.Tree).Distinct()) tree.Dispose();
    }
}
