using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Devices;
using ActorTrainer.Torch.Models;
using ActorTrainer.Torch.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Training;

/// <summary>Builds a phase's replica with the weights and the optimizer state that belong at a cursor.</summary>
internal sealed class ReplicaFactory(TrainingJob job, IWeightSource weights, RandomContext random, bool stage)
{
    public Replica Create(TrainingCursor cursor, TrainingState? state)
    {
        if (state is null && cursor != TrainingCursor.Start) throw new ArgumentNullException(nameof(state), "Only training's first step begins without a state.");
        if (state is not null && state.Cursor.Step != cursor.Step) throw new ArgumentException($"A state of step {state.Cursor.Step} is not that of step {cursor.Step}.", nameof(state));
        var phase = job.PhaseAt(cursor);
        var model = Build(cursor, state, phase);
        var replica = new Replica(model, phase.Settings, job.Training.Gradients, stage);
        bool ended = job.IsFinished(cursor);
        if (state is null || cursor.StepInPhase == 0 && !ended) return replica;
        try
        {
            replica.RestoreOptimizer(state.Optimizer, ended ? null : cursor.StepInPhase);
            return replica;
        }
        catch
        {
            replica.Dispose();
            throw;
        }
    }

    private ImageModel Build(TrainingCursor cursor, TrainingState? state, PhaseJob phase)
    {
        var model = ModelFactory.Build(phase.Description, new(random));
        try
        {
            model.to(DeviceResolver.ToTorch(job.Device), job.Training.Precision == Precision.Fp64 ? ScalarType.Float64 : ScalarType.Float32);
            if (state is null) PretrainedWeights.Apply(model, job.Model, phase.Description, job.Seed, weights);
            else LoadWeights(model, cursor, state);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>At a phase's first step the head is drawn anew where the classes differ: also over one that was drawn so before, with the same bits.</summary>
    private void LoadWeights(ImageModel model, TrainingCursor cursor, TrainingState state)
    {
        bool newHead = cursor is { StepInPhase: 0, Phase: > 0 } && !job.IsFinished(cursor)
            && !job.Phases[cursor.Phase].Description.Classes.SequenceEqual(job.Phases[cursor.Phase - 1].Description.Classes);
        StateDict.Load(model, state.Weights, skipHead: newHead, source: "The checkpoint's weights");
        if (newHead) WeightInitializer.DrawHead(model, job.Seed, $"phase {cursor.Phase}");
    }
}
