using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Devices;
using ActorTrainer.Torch.Inference;
using ActorTrainer.Torch.Training;
using ActorTrainer.Torch.Weights;
using TorchSharp;

namespace ActorTrainer.Torch.Tests.Training;

/// <summary>On a GPU, where there is one. What they share with the CPU is tested there: staged sums, staged inputs, the tree.</summary>
public sealed class GpuTrainingSpec : IDisposable
{
    private static readonly ResolvedDevice Gpu = new(DeviceKind.Cuda, 0, 1);
    private readonly List<IDisposable> _leases = [];

    public void Dispose() => _leases.ForEach(lease => lease.Dispose());

    /// <summary>libtorch refuses, in deterministic mode, what is not; so that each of these trains is half of the test.</summary>
    [SkippableTheory]
    [InlineData("lenet5", 1, 32)]
    [InlineData("alexnet", 3, 96)]
    [InlineData("vgg11_bn", 3, 48)]
    [InlineData("resnet18", 3, 48)]
    [InlineData("mobilenet_v2", 3, 64)]
    [InlineData("mobilenet_v3_small", 3, 64)]
    [InlineData("vit_tiny", 3, 224)]
    public void Every_kind_of_model_trains_to_the_same_bits_twice(string architecture, int channels, int size)
    {
        Take(Gpu);
        var course = new Course { Architecture = architecture, Channels = channels, ImageSize = size, Shards = 2, Device = Gpu, Legs = [new() { Epochs = 1 }] };
        using TrainSession once = course.Begin(), again = course.Begin();
        var (end, expected) = course.Run(once, TrainingCursor.Start);
        Assert.Equal(expected, course.Run(again, TrainingCursor.Start).Results);
        Bits.Same(once.Capture(end), again.Capture(end));
    }

    [SkippableTheory]
    [InlineData(Precision.Fp32)]
    [InlineData(Precision.Tf32)]
    [InlineData(Precision.Bf16)]
    public void Each_precision_is_near_the_CPUs_and_deterministic(Precision precision)
    {
        var device = Gpu.For(precision);
        Take(device);
        var course = new Course { Architecture = "resnet18", Channels = 3, ImageSize = 48, Precision = precision, Device = device, Legs = [new() { Epochs = 1 }] };
        using TrainSession first = course.Begin(), second = course.Begin(), cpu = (course with { Device = new(DeviceKind.Cpu, 0, 1), Precision = Precision.Fp32 }).Begin();
        double loss = course.Step(first, TrainingCursor.Start).Loss;
        Assert.Equal(loss, course.Step(second, TrainingCursor.Start).Loss);
        Assert.Equal(course.Step(cpu, TrainingCursor.Start).Loss, loss, precision == Precision.Fp32 ? 1e-3 : 5e-2);
    }

    [SkippableFact]
    public void Where_one_trainer_has_all_shards_no_gradient_leaves_the_device()
    {
        Take(Gpu);
        var course = new Course { Shards = 4, Device = Gpu };
        using var session = course.Begin();
        var at = course.Plan.Coordinates(TrainingCursor.Start);
        using var batch = course.Batch(TrainingCursor.Start);
        var sum = Assert.Single(session.Compute(batch, at, new(0, 4)));
        session.Apply(sum, at);
        Assert.False(DeviceMemory.Of(sum.Values)!.IsOnHost);
    }

    [SkippableFact]
    public void Its_answers_are_near_the_CPUs()
    {
        Take(Gpu);
        var description = Some.Description("resnet18", imageSize: 48);
        using var model = Some.Model(description);
        using var pictures = NumericsFingerprint.Pictures(1, description);
        var (here, there) = (Answers(new(DeviceKind.Cpu, 0, 1)), Answers(Gpu));
        Assert.All(here.Zip(there), pair => Assert.Equal(pair.First, pair.Second, 1e-3f * Math.Max(1, Math.Abs(pair.First))));

        float[] Answers(ResolvedDevice device)
        {
            using var session = new InferenceSession(device);
            session.Load(description, StateDict.Read(model));
            return session.Logits(pictures);
        }
    }

    [SkippableFact]
    public void A_GPU_is_known_by_its_name_and_what_it_can()
    {
        Skip.IfNot(torch.cuda.is_available(), "needs a CUDA device");
        var model = GpuModel.Find(0)!;
        Assert.True(model is { Name.Length: > 0, Major: > 0, Multiprocessors: > 0 }, $"{model}");
    }

    private void Take(ResolvedDevice device)
    {
        Skip.IfNot(torch.cuda.is_available(), "needs a CUDA device");
        _leases.Add(DeviceResolver.Take(device));
    }
}
