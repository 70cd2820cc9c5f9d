using System.Collections.Immutable;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;
using ActorTrainer.Serving;
using ActorTrainer.Torch;
using ActorTrainer.Torch.Models;
using ActorTrainer.Torch.Weights;

namespace ActorTrainer.Benchmarks.Serving;

/// <summary>A model of the catalogue with weights that nobody trained: what it says is of no interest, only how fast.</summary>
internal sealed record ServedModel(string Architecture, int Channels, int ImageSize, int Classes, int Threads)
{
    internal ModelDescription Description => new(
        Architecture, null, [.. Enumerable.Range(0, Classes).Select(i => $"class-{i}")], Channels, ImageSize, null,
        new([.. Enumerable.Repeat(0.5, Channels)], [.. Enumerable.Repeat(0.5, Channels)]), [], Rgb.White);

    internal ImmutableArray<NamedTensor> Weights()
    {
        using var model = ModelFactory.Build(Description, new(new()));
        WeightInitializer.Draw(model, Workload.Seed);
        return StateDict.Read(model);
    }

    /// <summary>On the thread that it is to be used on.</summary>
    internal SessionPredictor Open(ImmutableArray<NamedTensor> weights)
    {
        var session = new TorchEngine().OpenInference(new(DeviceKind.Cpu, 0, Threads), NoWeights.Instance);
        session.Load(Description, weights);
        return new(session, Description);
    }

    internal ReadOnlyMemory<byte> Picture(int number)
    {
        byte[] pixels = new byte[ImageSize * ImageSize * Channels];
        for (int i = 0; i < pixels.Length; i++) pixels[i] = (byte)(i * 31 + number);
        return pixels;
    }
}
