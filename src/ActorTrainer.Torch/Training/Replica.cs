using System.Collections.Immutable;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Gradients;
using ActorTrainer.Torch.Models;
using ActorTrainer.Torch.Weights;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Training;

/// <summary>
/// One phase's model on the device, bound to flat vectors. Weights, statistics, batch counts and optimizer slots are the state; the work vector
/// and what the model's own buffers hold during a forward pass are scratch.
/// </summary>
internal sealed class Replica : IDisposable
{
    /// <summary>Of a convolution's input, that channels-last pays for.</summary>
    private const int FewestChannels = 16;

    private readonly ImmutableArray<NormLayer> _layers, _updating;
    private readonly long[] _batchesTracked;
    private readonly bool _stage, _rounds;
    private readonly List<IDisposable> _owned = [];

    /// <param name="model">With its weights, in the master precision, on the device; owned by the replica from here on.</param>
    /// <param name="gradients">In which sums are held.</param>
    /// <param name="stage">See <see cref="FlatVector"/>.</param>
    public Replica(ImageModel model, PhaseSettings phase, GradientPrecision gradients = GradientPrecision.Full, bool stage = false)
    {
        (Model, _rounds, _stage) = (model, gradients == GradientPrecision.Bf16, stage);
        _owned.Add(model);
        using var scope = NewDisposeScope();
        using var still = no_grad();
        var parameters = model.named_parameters().ToArray();
        (Type, Device) = (parameters[0].parameter.dtype, parameters[0].parameter.device);

        ChannelsLast = Type == ScalarType.Float32 && parameters.Any(entry => entry.parameter.shape is [_, >= FewestChannels, _, _]);
        var trainable = phase.Trainable.SelectMany(pattern => ParameterGroups.Match(pattern, model)).ToHashSet(StringComparer.Ordinal);
        _layers = NormLayer.Of(model);
        _updating = NormLayer.Updating(_layers, phase, model);
        _batchesTracked = [.. _updating.Select(layer => layer.Module.BatchesTracked.item<long>())];

        var rules = new UpdateRules(phase, model);
        Layout = FlatLayout.Create(
            parameters.Where(entry => trainable.Contains(entry.name)).Select(entry => Flat(entry.name, entry.parameter)),
            _updating.SelectMany(layer => new[] { (layer.Mean, Shape(layer.Module.RunningMean)), (layer.Variance, Shape(layer.Module.RunningVariance)) }),
            ElementBytes, ChannelsLast);
        FeatureCount = model.FeatureCount;
        Weights = Own(New(Layout.ParameterElements));
        Statistics = Own(New(Layout.StatisticElements));
        Work = Own(New(Layout.Elements));
        Tree = Own(new ShardTree(Work, _rounds ? () => new Bf16Sum(Layout, Device) : () => New(Layout.Elements), lendsWork: !_rounds));
        // Of a GPU the host would have to wait in between.
        Early = stage || Device.type != TorchSharp.DeviceType.CPU ? null : EarlyPart.Of(Layout, model.IsBehindSeam, ElementBytes, _rounds);
        Optimizer = Own(FlatOptimizer.Create(phase.Optimizer, Layout, () => New(Layout.ParameterElements), isCut: Device.type == TorchSharp.DeviceType.CPU));
        Bind(parameters.ToDictionary(entry => entry.name, entry => (Tensor)entry.parameter));
        SetModes();

        FlatParameter Flat(string name, Tensor parameter) => new(name, Shape(parameter), rules.Of(name, Shape(parameter)));
        static ImmutableArray<long> Shape(Tensor tensor) => [.. tensor.shape];
    }

    public ImageModel Model { get; }
    public FlatLayout Layout { get; }
    public ScalarType Type { get; }
    public Device Device { get; }

    /// <summary>Of a number in the master precision.</summary>
    public int ElementBytes => Type == ScalarType.Float64 ? sizeof(double) : sizeof(float);

    /// <summary>What the head takes of each picture.</summary>
    public int FeatureCount { get; }

    /// <summary>
    /// Whether pictures and convolutions' weights stand in memory with their channels last: faster with more than a few channels, in bf16 most of all.
    /// Checks in fp64 keep torch's default.
    /// </summary>
    public bool ChannelsLast { get; }

    /// <summary>The parameters that train.</summary>
    public FlatVector Weights { get; }

    /// <summary>Running means and variances of the layers that update them, as of the step's start.</summary>
    public FlatVector Statistics { get; }

    /// <summary>One shard's gradients and statistics: the model's gradients and running statistics are views of it.</summary>
    public FlatVector Work { get; }

    public ShardTree Tree { get; }

    /// <summary>What of the sums can be given out before a step is computed; null: nothing that is worth it.</summary>
    public EarlyPart? Early { get; }
    public FlatOptimizer Optimizer { get; }

    /// <summary>Layers whose statistics come from the batch and move.</summary>
    public ImmutableArray<NormLayer> UpdatingNorms => _updating;

    /// <summary>Training mode, except for the norms whose statistics are frozen.</summary>
    public void SetModes()
    {
        Model.train();
        foreach (var layer in _layers.Except(_updating)) layer.Module.eval();
    }

    /// <summary>Makes the work vector a shard's beginning: no gradient, the statistics of the step's start.</summary>
    public void ResetWork()
    {
        using var scope = NewDisposeScope();
        Gradients(Work).zero_();
        if (Layout.StatisticElements > 0) StatisticsOf(Work).copy_(Statistics.Tensor);
    }

    /// <summary>The sum over all shards, in the bytes that sums are handed out in, into the work vector. Throws <see cref="ArgumentException"/> where it has another length.</summary>
    public void Receive(ReadOnlySpan<byte> sum)
    {
        if (_rounds)
        {
            Bf16Sum.Widen(sum, Layout, Work);
            return;
        }

        using var host = empty(Layout.Elements, Type, CPU);
        if (sum.Length != host.bytes.Length) throw new ArgumentException($"A sum of {sum.Length} bytes where {host.bytes.Length} are needed.", nameof(sum));
        sum.CopyTo(host.bytes);
        Work.Tensor.copy_(host);
    }

    /// <summary>Weights, statistics, counts and optimizer state move together. <paramref name="sum"/> is used up.</summary>
    /// <param name="between">Called when some of it has moved: where tests break it.</param>
    public void Switch(FlatVector sum, double rate, Action? between)
    {
        Optimizer.Update(Weights, sum, rate);
        Failpoint.Hit(Failpoints.StepSwitching);
        between?.Invoke();
        if (Layout.StatisticElements > 0) Statistics.Tensor.copy_(StatisticsOf(sum));
        for (int i = 0; i < _batchesTracked.Length; i++) _batchesTracked[i]++;
    }

    /// <summary>The vector's own handle, as is <see cref="StatisticsOf"/>'s.</summary>
    public Tensor Gradients(FlatVector vector) => vector.Kept(0, Layout.ParameterElements);

    public Tensor StatisticsOf(FlatVector vector) => vector.Kept(Layout.ParameterElements, Layout.StatisticElements);

    /// <summary>The state dict; statistics that update come from the state, never from the model's scratch.</summary>
    public ImmutableArray<NamedTensor> CaptureWeights()
    {
        using var scope = NewDisposeScope();
        using var still = no_grad();
        var truth = Layout.Statistics.ToDictionary(slot => slot.Name, slot => Statistics.View(slot, Layout.ParameterElements));
        for (int i = 0; i < _updating.Length; i++) truth[_updating[i].Batches] = tensor(_batchesTracked[i]);
        return [.. StateDict.Read(Model).Select(named => truth.TryGetValue(named.Name, out var value) ? TensorBytes.Read(named.Name, value) : named)];
    }

    public ImmutableArray<NamedTensor> CaptureOptimizer()
    {
        using var scope = NewDisposeScope();
        var slots = Optimizer.Slots.SelectMany(slot => Layout.Parameters.Select(at => TensorBytes.Read($"{at.Name}.{slot.Name}", slot.Values.View(at))));
        return [.. slots, .. Optimizer.CountsSteps ? [TensorBytes.Read("step", tensor(Optimizer.Steps))] : Array.Empty<NamedTensor>()];
    }

    /// <summary>Takes up an optimizer's state by name; throws <see cref="EngineException"/> where something is missing or has another shape.</summary>
    /// <param name="stepsInPhase">That the optimizer must have made; null: as many as it has.</param>
    public void RestoreOptimizer(IEnumerable<NamedTensor> state, long? stepsInPhase)
    {
        using var scope = NewDisposeScope();
        var byName = state.ToDictionary(named => named.Name, StringComparer.Ordinal);
        foreach (var slot in Optimizer.Slots)
        {
            foreach (var at in Layout.Parameters)
            {
                string name = $"{at.Name}.{slot.Name}";
                if (!byName.TryGetValue(name, out var named)) throw new EngineException($"The checkpoint has no optimizer state '{name}'.");
                if (!named.Shape.AsSpan().SequenceEqual(at.Shape.AsSpan())) throw new EngineException($"The checkpoint's optimizer state '{name}' has another shape.");
                slot.Values.View(at).copy_(TensorBytes.Create(named));
            }
        }

        Optimizer.Steps = stepsInPhase ?? 0;
        if (!Optimizer.CountsSteps) return;
        if (!byName.TryGetValue("step", out var step)) throw new EngineException("The checkpoint has no optimizer state 'step'.");
        long counted = BitConverter.ToInt64(step.Data.Span);
        if (stepsInPhase is null) Optimizer.Steps = counted;
        else if (counted != stepsInPhase)
            throw new EngineException($"The checkpoint's optimizer has made {counted} steps, but {stepsInPhase} of the phase are done.");
    }

    public void Dispose()
    {
        foreach (var owned in Enumerable.Reverse(_owned)) owned.Dispose();
    }

    /// <summary>Moves what trains into the flat vectors and leaves views in its place; what is frozen keeps its own memory and does not move.</summary>
    private void Bind(Dictionary<string, Tensor> parameters)
    {
        foreach (var parameter in parameters.Values)
        {
            parameter.requires_grad = false;
            if (ChannelsLast && parameter.dim() == 4) parameter.set_(parameter.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2));
        }

        foreach (var slot in Layout.Parameters)
        {
            var parameter = parameters[slot.Name];
            var view = Weights.View(slot);
            view.copy_(parameter);
            parameter.set_(view);
            parameter.requires_grad = true;
            parameter.grad = Work.View(slot);
        }

        var buffers = _updating.SelectMany(layer => new[] { (layer.Mean, layer.Module.RunningMean), (layer.Variance, layer.Module.RunningVariance) })
            .ToDictionary(entry => entry.Item1, entry => entry.Item2);
        foreach (var slot in Layout.Statistics)
        {
            Statistics.View(slot, Layout.ParameterElements).copy_(buffers[slot.Name]);
            buffers[slot.Name].set_(Work.View(slot));
        }
    }

    private FlatVector New(long elements) => new(elements, Type, Device, _stage);

    private T Own<T>(T disposable) where T : IDisposable
    {
        _owned.Add(disposable);
        return disposable;
    }
}
