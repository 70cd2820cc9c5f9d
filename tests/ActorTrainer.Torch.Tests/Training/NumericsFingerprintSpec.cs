using System.Collections.Immutable;
using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Training;

namespace ActorTrainer.Torch.Tests.Training;

public sealed class NumericsFingerprintSpec
{
    private static readonly Course Small = new();

    [Fact]
    public void The_same_job_on_the_same_device_has_the_same_fingerprint()
    {
        string fingerprint = Of(Small.Job);

        Assert.Matches("^[0-9a-f]{64}$", fingerprint);
        Assert.Equal(fingerprint, Of((Small with { Shards = 8 }).Job));
    }

    [Fact]
    public void What_changes_a_bit_changes_the_fingerprint()
    {
        ImmutableArray<TrainingJob> jobs =
        [
            Small.Job,
            (Small with { Precision = Precision.Fp64 }).Job,
            (Small with { Gradients = GradientPrecision.Bf16 }).Job,
            (Small with { Architecture = "resnet18", ImageSize = 48 }).Job,
            (Small with { Legs = [new() { Optimizer = Course.Adam }] }).Job,
            Small.Job with { Device = new(DeviceKind.Cpu, 0, 2) },
            (Small with { Legs = [new(), new()] }).Job,
            (Small with { Legs = [new(), new() { Classes = 5 }] }).Job,
            (Small with { Legs = [new(), new() { Optimizer = Course.Adam }] }).Job,
            (Small with { Legs = [new(), new() { Trainable = ["head"] }] }).Job,
        ];

        Assert.Equal(jobs.Length, jobs.Select(Of).Distinct().Count());
    }

    private static string Of(TrainingJob job) => NumericsFingerprint.Of(job, new NoWeights());
}
