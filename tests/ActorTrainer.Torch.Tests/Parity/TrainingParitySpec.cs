using System.Collections.Immutable;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Gradients;
using ActorTrainer.Torch.Models;
using ActorTrainer.Torch.Tests.Training;
using ActorTrainer.Torch.Training;
using ActorTrainer.Torch.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Tests.Parity;

/// <summary>Losses and gradients of training here against PyTorch's, from the same weights and batches.</summary>
public sealed class TrainingParitySpec
{
    [Theory]
    [InlineData("lenet5")]
    [InlineData("resnet18")]
    [InlineData("resnet50")]
    [InlineData("vit_tiny")]
    public void In_fp64_twenty_steps_have_PyTorchs_losses_and_the_first_its_gradients(string model)
    {
        var reference = ParityReference.Load(model);
        using var session = Open(reference, Precision.Fp64);
        for (int step = 0; step < reference.Steps; step++)
        {
            using var batch = reference.HostBatch(step);
            var at = At(step);
            var sums = session.Compute(batch, at, ShardRange.All(1));
            if (step == 0) Compare(reference, Gradients(session, sums), 1e-9);
            double loss = session.Apply(sums[0], at).Loss;
            Assert.True(Math.Abs(loss - reference.LossesFp64[step]) <= 1e-9 * reference.LossesFp64[step], $"step {step}: {loss:R} instead of {reference.LossesFp64[step]:R}");
        }
    }

    [Theory]
    [InlineData("lenet5", 1e-4)]
    [InlineData("resnet18", 1e-4)]
    [InlineData("resnet50", null)]
    [InlineData("vit_tiny", 1e-4)]
    public void In_fp32_the_first_loss_is_PyTorchs_to_1e_5(string model, double? gradients)
    {
        var reference = ParityReference.Load(model);
        using var session = Open(reference, Precision.Fp32);
        using var batch = reference.HostBatch(0);

        var sums = session.Compute(batch, At(0), ShardRange.All(1));

        if (gradients is { } tolerance) Compare(reference, Gradients(session, sums), tolerance);
        double loss = session.Apply(sums[0], At(0)).Loss;
        Assert.True(Math.Abs(loss - reference.LossesFp32[0]) <= 1e-5 * reference.LossesFp32[0], $"{loss:R} instead of {reference.LossesFp32[0]:R}");
    }

    private static TrainSession Open(ParityReference reference, Precision precision)
    {
        var phase = new PhaseSettings
        {
            Name = "parity", Epochs = 1, Trainable = ["all"],
            Data = new() { Train = "formula", Validation = new ValidationSource.None() },
            Optimizer = new() { Type = OptimizerType.Sgd, LearningRate = 0.01, Momentum = 0.9 },
            Schedule = new() { Type = ScheduleType.Constant },
        };
        var settings = new TrainingSettings
        {
            GlobalBatchSize = reference.Batch, Precision = precision, Loss = new(0, new ClassWeights.None()), Phases = [phase],
        };
        var session = new TrainSession(new(1, new(reference.Model, null, 0), settings, [new(phase, reference.Description)], 1, new(DeviceKind.Cpu, 0, 1)), new NoWeights());
        using var model = ModelFactory.Build(reference.Description, Some.Context());
        if (precision == Precision.Fp64) model.to(ScalarType.Float64);
        ParityReference.Fill(model);
        session.Begin(TrainingCursor.Start, new(TrainingCursor.Start, StateDict.Read(model), []));
        return session;
    }

    private static StepCoordinates At(int step) => new(new StepNumber(step + 1), 0, step, 0, 0, step, 1);

    private static Dictionary<string, double[]> Gradients(TrainSession session, IReadOnlyList<GradientSum> sums)
    {
        using var scope = NewDisposeScope();
        var vector = FlatVector.OwnerOf(sums[0].Values)!;
        return session.Layout.Parameters.ToDictionary(slot => slot.Name, slot => vector.View(slot).to(ScalarType.Float64).contiguous().data<double>().ToArray());
    }

    private static void Compare(ParityReference reference, Dictionary<string, double[]> gradients, double tolerance)
    {
        Assert.Equal(reference.Gradients.Keys.Order(), gradients.Keys.Order());
        ImmutableArray<string> wrong =
        [
            .. gradients.Select(gradient => (gradient.Key, Error: reference.GradientError(gradient.Key, gradient.Value)))
                .Where(gradient => !(gradient.Error <= tolerance)).Select(gradient => $"{gradient.Key}: {gradient.Error:G3}"),
        ];
        Assert.Empty(wrong);
    }
}
