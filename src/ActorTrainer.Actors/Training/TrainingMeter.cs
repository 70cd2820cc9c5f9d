using System.Diagnostics.Metrics;
using ActorTrainer.Actors.Metrics;
using ActorTrainer.Core.Experiments;

namespace ActorTrainer.Actors.Training;

/// <summary>Training in numbers. Each trainer counts its own part, so sums over nodes are right; images a second are the counter's rate.</summary>
internal static class TrainingMeter
{
    private static readonly Counter<long> Steps = ProductMeter.Counter("training_steps_total", "Steps applied, counted by the owner of shard 0.");
    private static readonly Counter<long> Images = ProductMeter.Counter("training_images_total", "Images trained on, by this node.");

    public static void Step(ExperimentName experiment, int images, bool isCounted)
    {
        KeyValuePair<string, object?> tag = new("experiment", experiment.Value);
        Images.Add(images, tag);
        if (isCounted) Steps.Add(1, tag);
    }
}
