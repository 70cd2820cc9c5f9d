using ActorTrainer.Data.Augmentation;
using ActorTrainer.Data.Sources;

namespace ActorTrainer.Data.Decoding;

/// <summary>
/// All the memory that one thread needs to take a file to its pixels; used again for every file. The picture is always in <see cref="Picture"/>;
/// a step that can't work in place writes <see cref="Spare"/> and swaps.
/// </summary>
internal sealed class Workspace
{
    public FileBytes File { get; } = new();
    public Raster Picture { get; private set; } = new();
    public Raster Spare { get; private set; } = new();
    public Resampler Resampler { get; } = new();

    public void Swap() => (Picture, Spare) = (Spare, Picture);
}
