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
    private readonly DeviceThread _thread = new();
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
    private ComputeTimes _compute;

    public TrainSession(TrainingJob job, IWeightSource weights)
    {
        _job = job;
        _shards = new(job.LogicalShards);
        _factory = new(job, weights, _random);
        _autocast = job.Training.Precision == Precision.Bf16 ? new(job.Device.Kind) : null;
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
        var replica = _factory.Create(cursor, state);
        var description = _job.PhaseAt(cursor).Description;
        (_replica, _cursor) = (replica, cursor);
        _input = new(description.Normalize, replica.Device, replica.Type, replica.ChannelsLast);
        _pass = new(replica, _random, _input, _job.Seed, _job.Training.Loss.LabelSmoothing, _autocast);
        _check = BatchNormCheck.Of(replica, description);
    }

    public void EnterPhase(TrainingCursor cursor) => Begin(cursor, Capture(cursor));

    public IReadOnlyList<GradientSum> Compute(HostBatch batch, StepCoordinates at, ShardRange own)
    {
        _thread.Verify();
        var replica = State;
        if (at.Step != _cursor.Step.Next || at.Phase != _cursor.Phase)
            throw new ArgumentException($"Step {at.Step} of phase {at.Phase} does not follow step {_cursor.Step} of phase {_cursor.Phase}.", nameof(at));
        if (own.First < 0 || own.Count < 1 || own.End > _job.LogicalShards)
            throw new ArgumentOutOfRangeException(nameof(own), own, $"not a range of {_job.LogicalShards} shards");

        _computed = null;
        long began = Stopwatch.GetTimestamp();
        _check!.Verify(batch.WholeCount, _job.LogicalShards);
        var sums = replica.Tree.Sum(own, shard =>
        {
            var (first, end) = _shards.Positions(shard, batch.WholeCount);
            if (first < batch.First || end > batch.First + batch.Count) throw new ArgumentException($"Shard {shard} takes positions {first} to {end}, which were not loaded.", nameof(batch));
            return _pass!.Run(batch, at, shard, first - batch.First, end - batch.First);
        });
        foreach (var (_, sum, tail) in sums)
        {
            if (!double.IsFinite(tail.Loss)) throw new NonFiniteLossException(at.Step, $"Step {at.Step}: the loss is {Name(tail.Loss)}.");
            RefuseNonFinite(sum, at.Step);
        }

        _computed = at;
        var forward = _pass!.TakeForwardTime();
        _compute = new(forward, Stopwatch.GetElapsedTime(began) - forward, default);
        return [.. sums.Select(part => new GradientSum(part.At, HostMemory(part.Sum), part.Tail))];
    }

    public StepResult Apply(GradientSum total, StepCoordinates at)
    {
        _thread.Verify();
        var replica = State;
        if (_computed != at) throw new InvalidOperationException($"Step {at.Step} was not computed.");
        if (total.At != new Subtree(0, _job.LogicalShards)) throw new ArgumentException($"{total.At} is not the sum over all {_job.LogicalShards} shards.", nameof(total));

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
        return _pass!.Features(pictures).cpu().bytes.ToArray();
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
    }

    private void Drop()
    {
        _replica?.Dispose();
        _input?.Dispose();
        (_replica, _input, _pass, _check, _computed) = (null, null, null, null, null);
    }

    private static Memory<byte> HostMemory(FlatVector sum)
    {
        if (sum.Tensor.device_type == DeviceType.CPU) return sum.Memory;
        using var host = sum.Tensor.cpu();
        return host.bytes.ToArray();
    }

    /// <summary>The sum in a vector of the device: its own, where it never left, else the work vector.</summary>
    private static FlatVector Upload(Replica replica, GradientSum total, StepNumber step)
    {
        if (FlatVector.OwnerOf(total.Values) is { } own && own.Tensor.numel() == replica.Layout.Elements) return own;
        using var host = empty(replica.Layout.Elements, replica.Type, CPU);
        if (total.Values.Length != host.bytes.Length) throw new ArgumentException($"A sum of {total.Values.Length} bytes where {host.bytes.Length} are needed.", nameof(total));
        total.Values.Span.CopyTo(host.bytes);
        replica.Work.Tensor.copy_(host);
        RefuseNonFinite(replica.Work, step);
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

    /// <summary>One reduction: a sum is finite only where all its terms are (and no learning survives terms whose sum overflows).</summary>
    private static void RefuseNonFinite(FlatVector vector, StepNumber step)
    {
        using var sum = vector.Tensor.sum();
        double value = sum.ToDouble();
        if (!double.IsFinite(value)) throw new NonFiniteLossException(step, $"Step {step}: the loss is finite, but a gradient or a statistic is not.");
    }

    private static string Name(double value) => double.IsNaN(value) ? "not a number" : "infinite";
}
