using System.Text.Json.Serialization;

namespace ActorTrainer.Core.Training;

/// <summary>
/// Where a step's time went, in milliseconds of the trainer that owns shard 0. For people: nothing is computed from it. On a GPU forward and backward
/// run after they are asked for: their sum is right, the line between them is not.
/// </summary>
/// <param name="Decode">Decoding this trainer's part of the batch, or reading its features, all threads together; beside everything else, so no share of the step.</param>
/// <param name="Wait">Whatever is none of the others: for the batch most of all, a verdict, the device while the evaluator has it.</param>
/// <param name="Forward">From pixels, or features, in host memory to losses; computing features that were missing before the step.</param>
/// <param name="Backward">Gradients, and their sum over this trainer's shards.</param>
/// <param name="Exchange">The sum over all trainers, waiting for the slowest included.</param>
/// <param name="Update">Clipping and the optimizer.</param>
/// <param name="Save">Copying the state out for a checkpoint, and waiting for the disk; its writing goes on beside training.</param>
public readonly record struct StepTimes(double Decode, double Wait, double Forward, double Backward, double Exchange, double Update, double Save)
{
    [JsonIgnore]
    public double Total => Wait + Forward + Backward + Exchange + Update + Save;

    /// <summary>The mean over steps that have been timed; null where there are none.</summary>
    public static StepTimes? Mean(IEnumerable<StepTimes> steps)
    {
        StepTimes sum = default;
        int count = 0;
        foreach (var step in steps)
        {
            if (step.Total <= 0) continue;      // of a version that did not time
            sum = sum.Map(step, (a, b) => a + b);
            count++;
        }

        return count == 0 ? null : sum.Map(default, (a, _) => a / count);
    }

    /// <summary>To the microsecond: what is below is the clock's own.</summary>
    public StepTimes Rounded() => Map(default, (a, _) => Math.Round(a, 3));

    private StepTimes Map(StepTimes other, Func<double, double, double> function) => new(
        function(Decode, other.Decode), function(Wait, other.Wait), function(Forward, other.Forward), function(Backward, other.Backward),
        function(Exchange, other.Exchange), function(Update, other.Update), function(Save, other.Save));
}

/// <summary>What the device's library spent on the last step.</summary>
public readonly record struct ComputeTimes(TimeSpan Forward, TimeSpan Backward, TimeSpan Update);
