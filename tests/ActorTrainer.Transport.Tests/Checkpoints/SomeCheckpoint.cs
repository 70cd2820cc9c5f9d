using System.Collections.Immutable;
using System.Text.Json;
using ActorTrainer.Core;
using ActorTrainer.Core.Checkpoints;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Randomness;

namespace ActorTrainer.Transport.Tests.Checkpoints;

/// <summary>Checkpoints with everything in them, their tensors drawn from their step.</summary>
internal static class SomeCheckpoint
{
    public static CheckpointId Id(int generation, long step) => new(new(generation), new(step));

    public static CheckpointContent At(int generation, long step) => new(
        Id(generation, step),
        new(new(Phase: 1, StepInPhase: step, new(step), EpochsBefore: 3),
            [Random("conv.weight", step, [8, 3, 5, 5]), Random("fc.bias", step, [10]), new("bn.num_batches_tracked", TensorType.Int64, [], BitConverter.GetBytes(step))],
            [Random("conv.weight.momentum", step, [8, 3, 5, 5]), Random("fc.bias.momentum", step, [10])]),
        new("lenet5", null, ["0", "1", "caf\u00e9 \"au lait\""], Channels: 1, ImageSize: 28, Dropout: 0.5, new([0.1307], [0.3081]),
            [new ImageTransform.Resize(32), new ImageTransform.CenterCrop(28, 28), new ImageTransform.ColorJitter(0.1, 0.2, 0.3, 0.4)], Rgb.White),
        ConfigurationHash: new string('a', 64));

    private static NamedTensor Random(string name, long step, ImmutableArray<long> shape)
    {
        byte[] bytes = new byte[TensorType.Float32.Bytes(shape.AsSpan())!.Value];
        var random = new RandomStream((ulong)step, RandomPurpose.Test, (ulong)name.Length, 0);
        for (int i = 0; i < bytes.Length; i++) bytes[i] = (byte)random.NextUInt32();
        return new(name, TensorType.Float32, shape, bytes);
    }

    public static void AssertSame(CheckpointContent expected, CheckpointContent actual)
    {
        Assert.Equal((expected.Id, expected.State.Cursor, expected.ConfigurationHash), (actual.Id, actual.State.Cursor, actual.ConfigurationHash));
        Assert.Equal(JsonSerializer.Serialize(expected.Model, CoreJson.Options), JsonSerializer.Serialize(actual.Model, CoreJson.Options));
        Assert.Equal(Rows(expected.State.Weights), Rows(actual.State.Weights));
        Assert.Equal(Rows(expected.State.Optimizer), Rows(actual.State.Optimizer));

        static IEnumerable<string> Rows(IEnumerable<NamedTensor> tensors) => tensors
            .OrderBy(tensor => tensor.Name, StringComparer.Ordinal)
            .Select(tensor => $"{tensor.Name} {tensor.Type} [{string.Join(',', tensor.Shape)}] {Convert.ToHexString(tensor.Data.Span)}");
    }
}
