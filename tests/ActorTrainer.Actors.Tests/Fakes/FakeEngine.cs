using System.Buffers.Binary;
using System.Collections.Immutable;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Actors.Tests.Fakes;

/// <summary>
/// A model of one number: each step mixes the samples of its batch into it in order, so that a step left out, repeated or swapped shows in the end.
/// </summary>
internal sealed class FakeEngine : IEngine
{
    /// <summary>Throws for the step it names, once.</summary>
    public Func<StepNumber, Exception?> Break { get; set; } = _ => null;

    /// <summary>Thrown where a session is to be opened; null: it is opened.</summary>
    public Exception? BreakOpening { get; set; }

    public int SessionsOpened { get; private set; }

    public int SessionsOpen { get; private set; }

    public int PhasesEntered { get; private set; }

    public int BlocksComputed { get; private set; }

    public int StepsOnFeatures { get; private set; }

    /// <summary>Called on the device's thread when a block of features is being computed.</summary>
    public Action OnBlock { get; set; } = () => { };

    /// <summary>What the weight is worth on the validation set; default: better every step.</summary>
    public Func<long, (double Top1, double Loss)> Score { get; set; } = _ => (0.5, 1);

    public ResolvedDevice Resolve(ResourceSettings resources) => Some.Device;

    public ImmutableArray<PhaseJob> Describe(ExperimentSettings settings, ImmutableArray<ImmutableArray<string>> classesByPhase, IWeightSource weights) =>
        throw new NotSupportedException("Preparation is not under test.");

    public ITrainSession OpenTraining(TrainingJob job, IWeightSource weights)
    {
        if (BreakOpening is { } e) throw e;
        SessionsOpened++;
        SessionsOpen++;
        return new Session(this);
    }

    public IInferenceSession OpenInference(ResolvedDevice device, IWeightSource weights) => new Inference(this);

    /// <summary>Whether the evaluator has said that it asks no more for now.</summary>
    public bool IsResting { get; private set; }

    public string Fingerprint(TrainingJob job, IWeightSource weights) => "f1ngerpr1nt";

    /// <summary>The state that an uninterrupted run of <paramref name="plan"/> ends with.</summary>
    public static long Expected(TrainingPlan plan)
    {
        long weight = 1;
        for (var cursor = TrainingCursor.Start; !plan.IsFinished(cursor); cursor = plan.Advance(cursor)) weight = Mix(weight, plan.Batch(cursor).Samples);
        return weight;
    }

    public static long WeightOf(TrainingState state) => BinaryPrimitives.ReadInt64LittleEndian(state.Weights[0].Data.Span);

    private static long Mix(long weight, ImmutableArray<int> samples) => samples.Aggregate(weight, (w, sample) => unchecked(w * 31 + sample + 1));

    private sealed class Session(FakeEngine engine) : ITrainSession
    {
        private readonly int _thread = Environment.CurrentManagedThreadId;
        private long _weight, _next;

        public void Begin(TrainingCursor cursor, TrainingState? state)
        {
            Verify();
            _weight = state is null ? 1 : WeightOf(state);
        }

        public void EnterPhase(TrainingCursor cursor)
        {
            Verify();
            engine.PhasesEntered++;
        }

        public string Backbone => "backb0ne";

        /// <summary>A sample's number and its variant, as one byte each.</summary>
        public byte[] Features(HostBatch pictures)
        {
            Verify();
            engine.BlocksComputed++;
            engine.OnBlock();
            return [.. pictures.Request.Samples.SelectMany(sample => new[] { (byte)sample, (byte)pictures.Request.Epoch })];
        }

        public IReadOnlyList<GradientSum> Compute(HostBatch batch, StepCoordinates at, ShardRange own, Action<EarlySums>? early = null)
        {
            Verify();
            if (engine.Break(at.Step) is { } e) throw e;
            if (batch.FeatureBytes > 0) engine.StepsOnFeatures++;
            _next = Mix(_weight, batch.Request.Samples);
            return [new(new(0, 1), Memory<byte>.Empty, new(batch.Count, batch.Count, 0, batch.Count, StepRequest.None))];
        }

        public StepResult Apply(GradientSum total, StepCoordinates at)
        {
            Verify();
            _weight = _next;
            return new(total.Tail.Loss / total.Tail.Weight, 0, total.Tail.Samples, 0.1);
        }

        public TrainingState Capture(TrainingCursor cursor)
        {
            Verify();
            byte[] data = new byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(data, _weight);
            return new(cursor, [new("w", TensorType.Int64, [], data)], []);
        }

        public void Dispose()
        {
            Verify();
            engine.SessionsOpen--;
        }

        /// <summary>A session is opened, used and disposed on one thread.</summary>
        private void Verify()
        {
            if (Environment.CurrentManagedThreadId != _thread) throw new InvalidOperationException("A foreign thread in a session.");
        }
    }

    private sealed class Inference(FakeEngine engine) : IInferenceSession
    {
        public void Load(ModelDescription description, ImmutableArray<NamedTensor> weights) => engine.IsResting = false;

        public void Rest() => engine.IsResting = true;

        /// <summary>Right for even samples.</summary>
        public float[] Logits(HostBatch batch) =>
            [.. batch.Request.Samples.SelectMany((sample, i) => Enumerable.Range(0, 2).Select(k => (sample % 2 == 0) == (k == batch.Labels[i]) ? 1f : 0f))];

        public void Dispose()
        {
        }
    }
}

internal sealed class NoWeights : IWeightSource
{
    public (ModelDescription Description, ImmutableArray<NamedTensor> Weights) OfRun(string name, string? selector) => throw new NotSupportedException();
}
