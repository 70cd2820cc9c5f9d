using System.Collections.Immutable;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Evaluation;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;
using CsCheck;

namespace ActorTrainer.Core.Tests.Experiments;

/// <summary>Valid settings, one by hand and any number at random.</summary>
internal static class Some
{
    private static readonly Gen<double> Share = Gen.Double[0, 0.999];
    private static readonly Gen<double> Positive = Gen.Double[1e-9, 100];
    private static readonly Gen<int> Count = Gen.Int[1, 1000];
    private static readonly Gen<string> AnyText = Gen.OneOf(Gen.String[Gen.Char.AlphaNumeric, 1, 8], Pick("null", "true", "5", "a b", "q\"uote", "back\\slash", "é", "${x}", "tab\t"));

    public static ExperimentSettings Settings()
    {
        var data = new DataSettings
        {
            Train = "/data/train", Validation = new ValidationSource.Share(0.1), Test = "/data/test", ImageSize = 64,
            Augment = [new ImageTransform.RandomResizedCrop(64, 0.5, 1, 0.75, 1.5), new ImageTransform.HorizontalFlip(0.5)],
            Evaluate = [new ImageTransform.ResizeExact(64, 64)],
        };
        var phase = new PhaseSettings
        {
            Name = "head", Epochs = 2, Trainable = ["head"], Data = data,
            Optimizer = new() { Type = OptimizerType.Sgd, LearningRate = 0.1, Momentum = 0.9 },
            Schedule = new() { Type = ScheduleType.Cosine, WarmUpEpochs = 0.5 },
        };
        return new()
        {
            Name = new("some"), Seed = 1, Data = data, Model = new("resnet18", null, null),
            Training = new()
            {
                GlobalBatchSize = 16, Loss = new(0.1, new ClassWeights.None()),
                Phases = [phase, phase with { Name = "all", Trainable = ["all"], LearningRateScale = [("head", 10)], Data = data with { Classes = ["a", "b"] } }],
            },
            Evaluation = new(1, 64, new(StoppingMetric.Loss, 3, 0.01)),
            Checkpoint = new(100, 2, true),
            Resources = new(DeviceChoice.Cpu, 1, 2, 2),
        };
    }

    public static Gen<ExperimentSettings> AnySettings =>
        from name in Gen.String[Gen.Char["abcdefghijklmnopqrstuvwxyz0123456789"], 1, 64].Where(ExperimentName.IsValid)
        from seed in Gen.ULong
        from data in AnyData
        from model in AnyModel
        from training in AnyTraining(data)
        from evaluation in Gen.Select(Count, Count, Gen.Null(Gen.Select(Gen.Enum<StoppingMetric>(), Count, Share, (metric, patience, delta) => new EarlyStoppingSettings(metric, patience, delta))))
        from metrics in Gen.Enum<EvaluationMetric>().Array[1, 6]
        from checkpoint in Gen.Select(Nullable(Count), Gen.Int[2, 9], Gen.Bool)
        from resources in Gen.Select(Gen.Enum<DeviceChoice>(), Gen.Int[1, 8], Gen.Int[8, 64], Nullable(Gen.Int[1, 64]))
        select new ExperimentSettings
        {
            Name = new(name), Seed = seed, Data = data, Model = model, Training = training,
            Evaluation = new(evaluation.Item1, evaluation.Item2, evaluation.Item3) { Metrics = [.. metrics.Distinct()] },
            Checkpoint = new(checkpoint.Item1, checkpoint.Item2, checkpoint.Item3),
            Resources = new(resources.Item1, resources.Item2, resources.Item3, resources.Item4),
        };

    private static Gen<string> AnyPath => AnyText.Array[1, 3].Select(parts => "/" + string.Join('/', parts));

    private static Gen<DataSettings> AnyData =>
        from paths in Gen.Select(AnyPath, Gen.Null(AnyPath), AnyPath)
        from share in Gen.Double[0.001, 0.999]
        from kind in Gen.Int[0, 2]
        from classes in AnyText.Array[2, 5].Select(names => names.Append("one").Append("two").Distinct().Order(StringComparer.Ordinal).ToImmutableArray())
        from hasClasses in Gen.Bool
        from channels in Pick(1, 3)
        from size in Gen.Int[8, 300]
        from background in Gen.Select(Gen.Byte, Gen.Byte, Gen.Byte)
        from augment in AnyTransforms(size, random: true)
        from evaluate in AnyTransforms(size, random: false)
        from normalize in Gen.OneOf(
            Gen.Const<Normalization>(new Normalization.Auto()), Gen.Const<Normalization>(new Normalization.None()),
            Gen.Select(Positive.Array[channels], Positive.Array[channels], (mean, std) => (Normalization)new Normalization.Explicit([.. mean], [.. std])))
        from decode in Gen.Enum<PictureDecoding>()
        from policy in Gen.Enum<CorruptFilePolicy>()
        from loading in Gen.Select(Nullable(Gen.Int[1, 64]), Gen.Int[1, 64], Gen.Bool, Nullable(Gen.Int[1, 999]))
        select new DataSettings
        {
            Train = paths.Item1, Test = paths.Item2,
            Validation = kind switch { 0 => new ValidationSource.None(), 1 => new ValidationSource.Share(share), _ => new ValidationSource.At(paths.Item3) },
            Classes = hasClasses ? classes : null, Channels = channels, ImageSize = size,
            Background = new(background.Item1, background.Item2, background.Item3), Augment = augment, Evaluate = evaluate,
            Normalize = normalize, Decode = decode, OnCorruptFile = policy, LoaderThreads = loading.Item1, Prefetch = loading.Item2, Ledger = loading.Item3, CacheMebibytes = loading.Item4,
        };

    private static Gen<ImmutableArray<ImageTransform>> AnyTransforms(int size, bool random)
    {
        Gen<ImageTransform[]> sizes = Gen.OneOf(
            Gen.Const<ImageTransform[]>([new ImageTransform.ResizeExact(size, size)]),
            Gen.Int[size, 400].Select(side => new ImageTransform[] { new ImageTransform.Resize(side), new ImageTransform.CenterCrop(size, size) }));
        if (!random) return sizes.Select(steps => steps.ToImmutableArray());
        return
            from first in Gen.OneOf(sizes,
                Gen.Int[0, 9].Select(padding => new ImageTransform[] { new ImageTransform.ResizeExact(size, size), new ImageTransform.RandomCrop(size, size, padding) }),
                Gen.Double[0.01, 0.9].Select(least => new ImageTransform[] { new ImageTransform.RandomResizedCrop(size, least, 1, 0.5, 2) }))
            from more in Gen.OneOf(
                Share.Select(p => (ImageTransform)new ImageTransform.HorizontalFlip(p)), Share.Select(p => (ImageTransform)new ImageTransform.VerticalFlip(p)),
                Share.Array[4].Select(f => (ImageTransform)new ImageTransform.ColorJitter(f[0], f[1], f[2], f[3] / 2)),
                Gen.Double[0, 180].Select(degrees => (ImageTransform)new ImageTransform.RandomRotation(degrees))).Array[0, 3]
            select first.Concat(more).ToImmutableArray();
    }

    private static Gen<ModelSettings> AnyModel =>
        from architecture in Pick("lenet5", "resnet18", "vit_tiny")
        from dropout in Nullable(Share)
        from path in AnyPath
        from pretrained in Pick<PretrainedSource?>(null, new PretrainedSource.Builtin("resnet18-imagenet"), new PretrainedSource.Run("other", null),
            new PretrainedSource.Run("other", "17"), new PretrainedSource.Run("other", "best"), new PretrainedSource.File(path + ".pth"), new PretrainedSource.File(path + ".onnx"))
        select new ModelSettings(pretrained is PretrainedSource.Builtin ? null : architecture, pretrained, dropout);

    private static Gen<TrainingSettings> AnyTraining(DataSettings data) =>
        from sizes in Gen.Select(Count, Gen.Enum<LastBatch>(), Nullable(Gen.Int[0, 6].Select(log => 1 << log)), Gen.Enum<Precision>(), Nullable(Positive))
        from rounds in Gen.Bool
        from smoothing in Share
        from weights in Gen.OneOf(
            Gen.Const<ClassWeights>(new ClassWeights.None()), Gen.Const<ClassWeights>(new ClassWeights.Balanced()),
            Positive.Select(weight => (ClassWeights)new ClassWeights.Explicit(ImmutableSortedDictionary.Create<string, double>(StringComparer.Ordinal).Add("one", weight).Add("two", 1.5))))
        from phases in AnyPhase(data).Array[1, 3]
        select new TrainingSettings
        {
            GlobalBatchSize = sizes.Item1, LastBatch = sizes.Item2, LogicalShards = sizes.Item3, Precision = sizes.Item4, GradientClip = sizes.Item5,
            Gradients = rounds && sizes.Item4 != Precision.Fp64 ? GradientPrecision.Bf16 : GradientPrecision.Full,
            Loss = new(smoothing, data.Classes is null ? weights : new ClassWeights.None()),
            Phases = [.. phases.Select((phase, i) => phase with { Name = $"p{i}" })],
        };

    private static Gen<PhaseSettings> AnyPhase(DataSettings data) =>
        from epochs in Count
        from trainable in Pick("all", "head", "backbone", "layer4.*").Array[1, 3]
        from norm in Gen.Enum<BatchNormMode>()
        from scale in Positive.Array[2]
        from decay in Nullable(Gen.Double[0.01, 1])
        from own in AnyData
        from hasOwn in Gen.Bool
        from optimizer in AnyOptimizer
        from schedule in AnySchedule
        select new PhaseSettings
        {
            Name = "phase", Epochs = epochs, Trainable = [.. trainable], BatchNorm = norm, LearningRateScale = [("layer4.*", scale[0]), ("head", scale[1])],
            LayerDecay = decay, Data = hasOwn ? own : data, Optimizer = optimizer, Schedule = schedule,
        };

    private static Gen<OptimizerSettings> AnyOptimizer =>
        from type in Gen.Enum<OptimizerType>()
        from rate in Positive
        from shares in Gen.Double[0.01, 0.999].Array[3]
        from epsilon in Gen.Double[1e-12, 1e-3]
        from decay in Gen.OneOf(Gen.Const(0.0), Positive)
        from flags in Gen.Bool.Array[2]
        select type == OptimizerType.Sgd
            ? new OptimizerSettings { Type = type, LearningRate = rate, Momentum = shares[0], Nesterov = flags[0], WeightDecay = decay, DecayNormAndBias = flags[1] }
            : new OptimizerSettings { Type = type, LearningRate = rate, Beta1 = shares[1], Beta2 = shares[2], Epsilon = epsilon, WeightDecay = decay, DecayNormAndBias = flags[1] };

    private static Gen<ScheduleSettings> AnySchedule =>
        from type in Gen.Enum<ScheduleType>()
        from warmUp in Gen.OneOf(Gen.Const(0.0), Positive)
        from numbers in Gen.Double[0.01, 0.99].Array[5]
        let common = new ScheduleSettings { Type = type, WarmUpEpochs = warmUp }
        select type switch
        {
            ScheduleType.Step => common with { StepEpochs = numbers[0], StepFactor = numbers[1] },
            ScheduleType.Cosine => common with { FinalShare = numbers[2] },
            ScheduleType.Polynomial => common with { FinalShare = numbers[2], Power = numbers[3] },
            ScheduleType.OneCycle => common with { RiseShare = numbers[4], StartDivisor = 1 + numbers[0], EndDivisor = 1 + numbers[1] },
            _ => common,
        };

    private static Gen<T> Pick<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static Gen<T?> Nullable<T>(Gen<T> gen) where T : struct => Gen.Select(Gen.Bool, gen, (isNull, value) => isNull ? (T?)null : value);
}
