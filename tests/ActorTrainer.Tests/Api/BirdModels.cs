using System.Collections.Immutable;
using System.Runtime.InteropServices;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Models;
using ActorTrainer.Transport.Checkpoints;

namespace ActorTrainer.Tests.Api;

/// <summary>Completed runs whose best checkpoint is on disk, for <see cref="FakeEngine"/>: the brighter the first pixel, the surer its class.</summary>
internal static class BirdModels
{
    public const int Side = 8;
    public static readonly ImmutableArray<string> Classes = ["crow", "owl <b>", "wren"];

    /// <summary>To a white picture this one says "wren".</summary>
    public static readonly ImmutableArray<float> Wren = [0, 1, 5];

    /// <summary>And this one "crow".</summary>
    public static readonly ImmutableArray<float> Crow = [5, 1, 0];

    /// <param name="run">The name that it has; it began as <paramref name="model"/>.</param>
    /// <param name="checkpoints">The folder of its checkpoints; null: in its own.</param>
    /// <param name="rule">When it is to answer; null: a person decides.</param>
    /// <returns>Its version.</returns>
    public static string WithModel(this TemporaryRuns runs, string run, ImmutableArray<float> weights, string model = "birds", string? checkpoints = null, string? rule = null)
    {
        var tensor = new NamedTensor("head.weight", TensorType.Float32, [3], MemoryMarshal.AsBytes(weights.AsSpan()).ToArray());
        var stored = new FolderCheckpointStore(checkpoints ?? runs.Runs[new(run)].CheckpointFolder).Write(new(new(new(1), new(40)), new(Some.Cursor(40), [tensor], []),
            new("lenet5", null, Classes, 1, Side, null, new([0], [1]), [new ImageTransform.ResizeExact(Side, Side)], Rgb.White), new string('c', 64)), CancellationToken.None);
        runs.With(run, Some.History(model).Select(happened => happened switch
        {
            ExperimentEvents.CheckpointCommitted e when e.Checkpoint == stored.Id => e with { Sha256 = stored.Sha256 },
            ExperimentEvents.ExperimentCreated e => e with { Definition = e.Definition with { CheckpointStore = checkpoints, EffectiveConfiguration = rule is null ? e.Definition.EffectiveConfiguration : WithRule(rule) } },
            _ => happened,
        }));
        return stored.Sha256[..12];
    }

    private static string WithRule(string rule) =>
        $"experiment {{ data.train = \"/birds\", data.validation = 0.1, model.architecture = lenet5, training.phases = [{{ epochs = 1 }}], promote-if = \"{rule}\" }}";
}
