using System.Collections.Immutable;
using System.Text.Json.Serialization;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Models;

namespace ActorTrainer.Core.Training;

/// <summary>What one device needs to know to train: everything that is resolved, nothing that is HOCON.</summary>
public sealed record TrainingJob(
    ulong Seed, ModelSettings Model, TrainingSettings Training, ImmutableArray<PhaseJob> Phases, int LogicalShards, ResolvedDevice Device)
{
    /// <summary>Whether no step comes after <paramref name="cursor"/>.</summary>
    public bool IsFinished(TrainingCursor cursor) => cursor.Phase >= Phases.Length;

    /// <summary>The phase of the step after <paramref name="cursor"/>; where training has ended, the last.</summary>
    public PhaseJob PhaseAt(TrainingCursor cursor) => IsFinished(cursor) ? Phases[^1] : Phases[cursor.Phase];
}

/// <param name="Description">The model of this phase: its classes, and the input normalisation resolved.</param>
/// <param name="FeatureBytes">Of one sample, where the phase trains on features: what its head takes, in the master precision; else 0.</param>
public sealed record PhaseJob(PhaseSettings Settings, ModelDescription Description, int FeatureBytes = 0);

/// <summary>A device after <c>auto</c> has been resolved; part of the fingerprint.</summary>
/// <param name="Index">Which of its kind; 0 for the CPU.</param>
/// <param name="Threads">libtorch's for one operation.</param>
public sealed record ResolvedDevice(DeviceKind Kind, int Index, int Threads)
{
    /// <summary>Whether a GPU's products of fp32 numbers may keep 10 bits of each factor (<see cref="Precision.Tf32"/>): of training and of its evaluations.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Tf32 { get; init; }

    /// <summary>With what a precision asks of the device; throws <see cref="EngineException"/> where it can't.</summary>
    public ResolvedDevice For(Precision precision) => precision != Precision.Tf32 ? this
        : Kind == DeviceKind.Cuda ? this with { Tf32 = true }
        : throw new EngineException("training.precision = tf32 is for GPUs, and this trains on the CPU: choose fp32 or bf16, or resources.device = cuda.");
}

public enum DeviceKind { Cpu, Cuda }

/// <summary>The complete state of training at a step: host copies, owned by the holder.</summary>
/// <param name="Weights">The state dict: parameters and buffers by torchvision's names.</param>
/// <param name="Optimizer">Slots named <c>&lt;parameter&gt;.&lt;slot&gt;</c> (momentum, exp_avg, exp_avg_sq), and the scalar <c>step</c> of Adam.</param>
public sealed record TrainingState(TrainingCursor Cursor, ImmutableArray<NamedTensor> Weights, ImmutableArray<NamedTensor> Optimizer);

/// <summary>What a step reports. Loss is the weighted mean over the batch; correct and samples count top-1 of the training batch.</summary>
/// <param name="LearningRate">The base rate of this step, before a group's factor.</param>
public readonly record struct StepResult(double Loss, double Correct, double Samples, double LearningRate);

/// <summary>A loss or gradient that is not finite: found before the update, so the state of the step before stands.</summary>
public sealed class NonFiniteLossException(StepNumber step, string message) : Exception(message)
{
    public StepNumber Step { get; } = step;
}

/// <summary>
/// One device's share of training. Synchronous, single-threaded: opened, used and disposed on one device thread.
/// A step is Compute, exchange, Apply; until Apply has switched weights, statistics and optimizer state together, the state of the step before
/// stands bit for bit, whatever failed.
/// </summary>
public interface ITrainSession : IDisposable
{
    /// <summary>
    /// Takes the state at <paramref name="cursor"/>: at a phase's first step a fresh optimizer, and a head drawn anew where the classes differ
    /// from the phase before. Null state: the initial weights (drawn by seed, or pretrained), only at the start of phase 0. Where training has ended, the
    /// state as the last step left it.
    /// </summary>
    void Begin(TrainingCursor cursor, TrainingState? state);

    /// <summary>Crosses from one phase to the next on live state: what Begin does with a state captured here, bit for bit.</summary>
    void EnterPhase(TrainingCursor cursor);

    /// <summary>
    /// Forward and backward for the shards in <paramref name="own"/>, each from its own copy of the batch-norm statistics, summed over its aligned
    /// subtrees. Throws <see cref="NonFiniteLossException"/> before anything has changed. The batch stays the caller's. One of features goes through the head
    /// alone, which must be all that trains.
    /// </summary>
    /// <param name="early">
    /// Null: nobody wants to know. Else called at most once, on the way back of the last shard, with what is summed by then and will not change any more: at every
    /// step of a phase or at none, for the same part on every trainer.
    /// </param>
    IReadOnlyList<GradientSum> Compute(HostBatch batch, StepCoordinates at, ShardRange own, Action<EarlySums>? early = null);

    /// <summary>Clips, updates and switches, by the sum over all shards. An exception here means "no state": dispose the session.</summary>
    StepResult Apply(GradientSum total, StepCoordinates at);

    /// <summary>Of the last step that was applied.</summary>
    ComputeTimes Times => default;

    /// <summary>
    /// A hash over all that features depend on besides the pictures: the weights of everything before the head, and the numerics of this device. 64 lower-case
    /// hex digits. Of a phase whose backbone is frozen it stays the same from its beginning to its end.
    /// </summary>
    string Backbone { get; }

    /// <summary>
    /// What the head is given of these pictures: the model up to there in evaluation mode, in one forward pass. <see cref="HostBatch.Features"/>'s rows,
    /// one a picture. The batch stays the caller's.
    /// </summary>
    byte[] Features(HostBatch pictures);

    /// <summary>Copies the state out. <paramref name="cursor"/> is what the state is said to stand at.</summary>
    TrainingState Capture(TrainingCursor cursor);
}

/// <summary>Weights that answer: logits for batches. Single-threaded like <see cref="ITrainSession"/>.</summary>
public interface IInferenceSession : IDisposable
{
    /// <summary>Takes the weights of <paramref name="description"/>'s model.</summary>
    void Load(ModelDescription description, ImmutableArray<NamedTensor> weights);

    /// <summary>Logits, N x K row-major, in evaluation mode. The batch stays the caller's.</summary>
    float[] Logits(HostBatch batch);

    /// <summary>No more questions for now: what only answering needed goes back to the system. The weights stay.</summary>
    void Rest()
    {
    }
}

/// <summary>What a device's library offers: opens sessions. Implemented by ActorTrainer.Torch.</summary>
public interface IEngine
{
    /// <summary>Resolves auto values; throws <see cref="EngineException"/> where the device asked for is not there.</summary>
    ResolvedDevice Resolve(ResourceSettings resources);

    /// <summary>How many of a kind a process has a trainer for each: its GPUs. All of a machine's CPUs are one device.</summary>
    int CountDevices(DeviceKind kind) => 1;

    /// <summary>
    /// The model of each phase with normalisation resolved; throws <see cref="EngineException"/> for an unknown architecture, an image size the model
    /// can't take, a trainable pattern that matches nothing.
    /// </summary>
    ImmutableArray<PhaseJob> Describe(ExperimentSettings settings, ImmutableArray<ImmutableArray<string>> classesByPhase, IWeightSource weights);

    /// <summary>
    /// Throws <see cref="EngineException"/> where a batch would leave batch norm one value a channel in some shard.
    /// </summary>
    /// <param name="batchSizes">By phase: the sizes that occur, the last batch's too.</param>
    void Check(TrainingJob job, ImmutableArray<ImmutableArray<int>> batchSizes)
    {
    }

    /// <summary>
    /// Reads the pretrained weights and tries them on the first phase's model; throws <see cref="EngineException"/> where they don't fit. A run that
    /// goes on from a checkpoint needs them no more and does not ask.
    /// </summary>
    /// <returns>What a person should know: which head was replaced, and why.</returns>
    ImmutableArray<string> TryFirstWeights(TrainingJob job, IWeightSource weights) => [];

    ITrainSession OpenTraining(TrainingJob job, IWeightSource weights);

    IInferenceSession OpenInference(ResolvedDevice device, IWeightSource weights);

    /// <summary>A hash over everything that can change a bit: versions, device model, threads, precision, the bits of a generated shard step.</summary>
    string Fingerprint(TrainingJob job, IWeightSource weights);
}

/// <summary>Where weights of other runs come from: the composition root knows the runs folder.</summary>
public interface IWeightSource
{
    (ModelDescription Description, ImmutableArray<NamedTensor> Weights) OfRun(string name, string? selector);
}

/// <summary>What the engine can't do as asked. The message is for a person.</summary>
public sealed class EngineException(string message, Exception? inner = null) : Exception(message, inner);
