using System.Buffers;
using System.Collections.Immutable;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Serving;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Serving;

/// <summary>A checkpoint that answers, over the device's library.</summary>
internal sealed class SessionPredictor(IInferenceSession session, ModelDescription model) : IPredictor
{
    public ModelDescription Model => model;

    public float[] Logits(ImmutableArray<ReadOnlyMemory<byte>> pictures)
    {
        int side = model.ImageSize, bytes = side * side * model.Channels;
        var memory = MemoryPool<byte>.Shared.Rent(checked(pictures.Length * bytes));
        using var batch = new HostBatch(new(0, 0, [.. Enumerable.Range(0, pictures.Length)]), side, side, model.Channels, memory, new int[pictures.Length], new float[pictures.Length]);
        for (int i = 0; i < pictures.Length; i++) pictures[i].CopyTo(batch.Pixels.Slice(i * bytes, bytes));
        return session.Logits(batch);
    }

    public void Dispose() => session.Dispose();
}
