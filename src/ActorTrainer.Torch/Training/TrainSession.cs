using System.Diagnostics;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Devices;
using ActorTrainer.Torch.Gradients;
using ActorTrainer.Torch.Inference;
using ActorTrainer.Torch.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Training;

/// <summary>
/// Trains on one device. Compute leaves gradients and statistics beside the state; Apply switches the state by their sum.
/// </summary>
internal sealed class TrainSession : ITrainSession
{
    /// <summary>Weights times samples, multiplications of a forward pass: about what one thread does while another wakes.</summary>
    private const long MostAlone = 1 << 21;

    private readonly DeviceThread _thread = new();
    private readonly IDisposable? _device, _memory;
    private readonly TrainingJob _job;
    private readonly ReplicaFactory _factory;
    private readonly ShardLayout _shards;
    private readonly Autocast? _autocast;
    private readonly RandomContext _random = new();
    private Replica? _replica;
    private InputPipeline? _input;
    private ShardPass? _pass;
    private BatchNormCheck? _check;
    private TrainingCursor _cursor;
    private StepCoordinates? _computed;
    private bool _alone;
    private ComputeTimes _compute;

    /// <param name="device">Ended with the session.</param>
    /// <param name="stage">See <see cref="FlatVector"/>.</param>
    public TrainSession(TrainingJob job, IWeightSource weights, IDisposable? device = null, bool stage = false)
    {
        _device = device;
        _job = job;
        _shards = new(job.LogicalShards);
        _factory = new(job, weights, _random, stage);
        _autocast = job.Training.Precision == Precision.Bf16 ? new(job.Device.Kind) : null;
        _memory = job.Device.Kind == DeviceKind.Cpu ? NativeMemory.Keep() : null;       // last: what throws above leaves nothing kept
    }

    /// <summary>Called in the middle of a switch: where tests break it.</summary>
    internal Action? DuringSwitch { get; set; }

    /// <summary>Where the gradients of which parameter stand in the sums.</summary>
    internal FlatLayout Layout => State.Layout;

    public ComputeTimes Times { get; private set; }

    private Replica State => _replica ?? throw new InvalidOperationException("The session has no state: it was never begun, or a switch broke off. Begin it, or dispose it.");

    public void Begin(TrainingCursor cursor, TrainingState? state)
    {
        _thread.Verify();
        Drop();
        var replica = OutOfMemory.Explain(_job.Device.Kind, () => _factory.Create(cursor, state));
        var description = _job.PhaseAt(cursor).Description;
        (_replica, _cursor) = (replica, cursor);
        _input = new(description.Normalize, replica.Device, replica.Type, replica.ChannelsLast);
        _pass = new(replica, _random, _input, _job.Seed, _job.Training.Loss.LabelSmoothing, _autocast);
        _check = BatchNormCheck.Of(replica, description);
        _alone = IsSmall(replica, _job.PhaseAt(cursor));
    }

    /// <summary>Of a head on features one knows what a step multiplies. By the file alone, as the number of threads is: bits depend on it.</summary>
    private bool IsSmall(Replica replica, PhaseJob phase) => _job.Device.Kind == DeviceKind.Cpu && phase.FeatureBytes > 0
        && replica.Layout.ParameterElements * (_job.Training.GlobalBatchSize / _job.LogicalShards) <= MostAlone;

    public void EnterPhase(TrainingCursor cursor) => Begin(cursor, Capture(cursor));

    public IReadOnlyList<GradientSum> Compute(HostBatch batch, StepCoordinates at, ShardRange own, Action<EarlySums>? early = null)
    {
        _thread.Verify();
        var replica = State;
        if (at.Step != _cursor.Step.Next || at.Phase != _cursor.Phase)
            throw new ArgumentException($"Step {at.Step} of phase {at.Phase} does not follow step {_cursor.Step} of phase {_cursor.Phase}.", nameof(at));
        if (own.First < 0 || own.Count < 1 || own.End > _job.LogicalShards)
            throw new ArgumentOutOfRangeException(nameof(own), own, $"not a range of {_job.LogicalShards} shards");

        _computed = null;
        using var alone = _alone ? OneThread.Enter() : default;
        long began = Stopwatch.GetTimestamp();
        _check!.Verify(batch.WholeCount, _job.LogicalShards);
        _pass!.Discard();
        var part = early is null ? null : replica.Early;
        bool isGiven = false;
        var sums = OutOfMemory.Explain(_job.Device.Kind, () => replica.Tree.Sum(own, (shard, atSeam) =>
        {
            var (first, end) = _shards.Positions(shard, batch.WholeCount);
            if (first < batch.First || end > batch.First + batch.Count) throw new ArgumentException($"Shard {shard} takes positions {first} to {end}, which were not loaded.", nameof(batch));
            _pass!.Run(batch, at, shard, first - batch.First, end - batch.First, atSeam);
        }, part, sums => isGiven = Give(sums, part!, early!)));
        var tails = TakeTails(batch, at.Step, sums, isGiven ? part!.Rest : null);

        _computed = at;
        var forward = _pass!.TakeForwardTime();
        _compute = new(forward, Stopwatch.GetElapsedTime(began) - forward, default);
        return [.. sums.Select((sum, i) => HandOut(sum, tails[i]))];
    }

    private static GradientSum HandOut((Subtree At, IShardSum Sum) part, StepTail tail) => new(part.At, part.Sum.HandOut(), tail) { GradientBytes = part.Sum.GradientBytes };

    /// <summary>False: something is not finite; the step will say what.</summary>
    private static bool Give(IReadOnlyList<(Subtree At, IShardSum Sum)> sums, EarlyPart part, Action<EarlySums> early)
    {
        using var scope = NewDisposeScope();
        if (sums.Any(sum => !double.IsFinite(sum.Sum.Check(part.First).ToDouble()))) return false;
        early(new([.. sums.Select(sum => HandOut(sum, default))], part.Bytes));
        return true;
    }

    /// <summary>Of each subtree: this is where the host waits for the device.</summary>
    /// <param name="left">What of the sums was not looked at yet; null: nothing.</param>
    private IReadOnlyList<StepTail> TakeTails(HostBatch batch, StepNumber step, IReadOnlyList<(Subtree At, IShardSum Sum)> sums, FlatPart? left)
    {
        using var scope = NewDisposeScope();
        var (shards, checks) = _pass!.TakeTails(batch, sums.Select(part => part.Sum.Check(left)));
        var tree = new SubtreeSum<StepTail>((left, right) => left + right);
        foreach (var (shard, tail) in shards) tree.Add(new(shard, 1), tail);
        for (int i = 0; i < checks.Length; i++)
        {
            double loss = tree.Parts[i].Sum.Loss;
            if (!double.IsFinite(loss)) throw new NonFiniteLossException(step, $"Step {step}: the loss is {Name(loss)}.");
            RefuseNonFinite(checks[i], step);
        }

        return [.. tree.Parts.Select(part => part.Sum)];
    }

    public StepResult Apply(GradientSum total, StepCoordinates at)
    {
        _thread.Verify();
        var replica = State;
        if (_computed != at) throw new InvalidOperationException($"Step {at.Step} was not computed.");
        if (total.At != new Subtree(0, _job.LogicalShards)) throw new ArgumentException($"{total.At} is not the sum over all {_job.LogicalShards} shards.", nameof(total));

        using var alone = _alone ? OneThread.Enter() : default;
        long began = Stopwatch.GetTimestamp();
        using var scope = NewDisposeScope();
        var sum = Upload(replica, total, at.Step);
        Clip(replica.Gradients(sum), at.Step);
        double rate = _job.Phases[at.Phase].Settings.Optimizer.LearningRate * at.LearningRateFactor;
        try
        {
            replica.Switch(sum, rate, DuringSwitch);
        }
        catch
        {
            Drop();
            throw;
        }

        (_computed, _cursor) = (null, _cursor with { StepInPhase = at.StepInPhase + 1, Step = at.Step });
        Times = _compute with { Update = Stopwatch.GetElapsedTime(began) };
        return new(total.Tail.Weight > 0 ? total.Tail.Loss / total.Tail.Weight : 0, total.Tail.Correct, total.Tail.Samples, rate);
    }

    public string Backbone
    {
        get
        {
            _thread.Verify();
            return BackboneIdentity.Of(State, _job, _job.PhaseAt(_cursor).Description, _pass!);
        }
    }

    public byte[] Features(HostBatch pictures)
    {
        _thread.Verify();
        _ = State;
        using var scope = NewDisposeScope();
        byte[] rows = OutOfMemory.Explain(_job.Device.Kind, () => _pass!.Features(pictures)).cpu().bytes.ToArray();
        _input!.Staging.Reset();        // the copy has waited for the device
        return rows;
    }

    public TrainingState Capture(TrainingCursor cursor)
    {
        _thread.Verify();
        return new(cursor, State.CaptureWeights(), State.CaptureOptimizer());
    }

    public void Dispose()
    {
        _thread.Verify();
        Drop();
        _memory?.Dispose();
        _device?.Dispose();
    }

    private void Drop()
    {
        _pass?.Discard();
        _replica?.Dispose();
        _input?.Dispose();
        (_replica, _input, _pass, _check, _computed) = (null, null, null, null, null);
    }

    /// <summary>The sum in a vector of the device: its own, where it never left, else the work vector.</summary>
    private static FlatVector Upload(Replica replica, GradientSum total, StepNumber step)
    {
        if (FlatVector.OwnerOf(total.Values) is { } own && own.Tensor.numel() == replica.Layout.Elements)
        {
            own.TakeBack();
            return own;
        }

        replica.Receive(total.Values.Span);
        using var check = replica.Work.Tensor.sum();
        RefuseNonFinite(check.ToDouble(), step);
        return replica.Work;
    }

    /// <summary>As torch's clip_grad_norm_, over the whole gradient.</summary>
    private void Clip(Tensor gradients, StepNumber step)
    {
        if (_job.Training.GradientClip is not { } most) return;
        double norm = linalg.vector_norm(gradients).ToDouble();
        if (!double.IsFinite(norm)) throw new NonFiniteLossException(step, $"Step {step}: the gradient's norm is {Name(norm)}.");
        double factor = most / (norm + 1e-6);
        if (factor < 1) gradients.mul_(Number.Of(factor));
    }

    /// <param name="sum">Of a vector's elements: finite only where all of them are (and no learning survives terms whose sum overflows).</param>
    private static void RefuseNonFinite(double sum, StepNumber step)
    {
        if (!double.IsFinite(sum)) throw new NonFiniteLossException(step, $"Step {step}: the loss is finite, but a gradient or a statistic is not.");
    }

    private static string Name(double value) => double.IsNaN(value) ? "not a number" : "infinite";
}
