using System.Globalization;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Evaluation;
using ActorTrainer.Core.Experiments.Hocon;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Core.Experiments.Binding;

/// <summary>
/// The way back: settings to the one tree that reads to them again. Every phase shows its whole optimizer and schedule, and of its data what
/// differs from the experiment's; keys that the type in force does not have are left out.
/// </summary>
internal static class SettingsTree
{
    /// <summary>Came later than others: where an experiment has their defaults they are left out, so that runs which were begun before keep their hash and go on.</summary>
    private const string Decode = "decode", Gradients = "gradients";

    private static readonly HoconOrigin Nowhere = new("effective.conf", 1, 1, "/");

    public static HoconObject Of(ExperimentSettings settings)
    {
        var data = Data(settings.Data);
        return Object(("experiment", Object(
            ("name", Text(settings.Name.Value)),
            ("seed", Number(settings.Seed)),
            ("data", settings.Data.Decode == PictureDecoding.Exact ? Without(data, Decode) : data),
            ("model", Object(
                ("architecture", TextOrNull(settings.Model.Architecture)),
                ("pretrained", TextOrNull(Pretrained(settings.Model.Pretrained))),
                ("dropout", OrNull(settings.Model.Dropout)))),
            ("training", TrainingOf(settings.Training, data)),
            ("evaluation", Object(
                ("every-epochs", Number(settings.Evaluation.EveryEpochs)),
                ("batch-size", Number(settings.Evaluation.BatchSize)),
                ("metrics", List(settings.Evaluation.Metrics.Select(Word))),
                ("early-stopping", EarlyStopping(settings.Evaluation.EarlyStopping)))),
            ("checkpoint", Object(
                ("every-steps", OrNull(settings.Checkpoint.EverySteps)),
                ("keep-last", Number(settings.Checkpoint.KeepLast)),
                ("keep-best", Boolean(settings.Checkpoint.KeepBest)))),
            ("resources", Object(
                ("device", Word(settings.Resources.Device)),
                ("trainers", Object(("min", Number(settings.Resources.MinTrainers)), ("max", Number(settings.Resources.MaxTrainers)))),
                ("feature-cache-mib", Number(settings.Resources.FeatureCacheMebibytes)),
                ("threads", OrNull(settings.Resources.Threads)))),
            ("promote-if", TextOrNull(settings.PromoteIf?.Text)))));
    }

    /// <summary>An enum's name as the file spells it: kebab-case.</summary>
    public static string Name<T>(T value) where T : struct, Enum => value switch
    {
        OptimizerType.AdamW => "adamw",
        ScheduleType.OneCycle => "one-cycle",
        _ => value.ToString().ToLowerInvariant(),
    };

    private static HoconObject Data(DataSettings data) => Object(
        ("train", Text(data.Train)),
        ("validation", data.Validation switch
        {
            ValidationSource.None => Null,
            ValidationSource.Share share => Number(share.Fraction),
            ValidationSource.At at => Text(at.Location),
            _ => throw Unknown(data.Validation),
        }),
        ("test", TextOrNull(data.Test)),
        ("classes", data.Classes is { } classes ? List(classes.Select(Text)) : Null),
        ("channels", Number(data.Channels)),
        ("image-size", Number(data.ImageSize)),
        ("background", List(Number(data.Background.R), Number(data.Background.G), Number(data.Background.B))),
        ("augment", List(data.Augment.Select(Transform))),
        ("evaluate", List(data.Evaluate.Select(Transform))),
        ("normalize", data.Normalize switch
        {
            Normalization.Auto => Text("auto"),
            Normalization.ImageNet => Text("imagenet"),
            Normalization.None => Text("none"),
            Normalization.Explicit own => Object(("mean", List(own.Mean.Select(Number))), ("std", List(own.Std.Select(Number)))),
            _ => throw Unknown(data.Normalize),
        }),
        (Decode, Word(data.Decode)),
        ("on-corrupt-file", Word(data.OnCorruptFile)),
        ("loader-threads", OrNull(data.LoaderThreads)),
        ("prefetch", Number(data.Prefetch)),
        ("cache-mib", OrNull(data.CacheMebibytes)),
        ("ledger", Boolean(data.Ledger)));

    private static HoconObject TrainingOf(TrainingSettings training, HoconObject data)
    {
        var whole = Object(
            ("global-batch-size", Number(training.GlobalBatchSize)),
            ("last-batch", Word(training.LastBatch)),
            ("logical-shards", OrNull(training.LogicalShards)),
            ("precision", Word(training.Precision)),
            (Gradients, Word(training.Gradients)),
            ("gradient-clip", OrNull(training.GradientClip)),
            ("loss", Object(
                ("label-smoothing", Number(training.Loss.LabelSmoothing)),
                ("class-weights", ClassWeights(training.Loss.ClassWeights)))),
            ("phases", List(training.Phases.Select(phase => Phase(phase, data)))));
        return training.Gradients == GradientPrecision.Full ? Without(whole, Gradients) : whole;
    }

    private static HoconObject Transform(ImageTransform transform)
    {
        return transform switch
        {
            ImageTransform.Resize resize => Step("resize", ("size", Number(resize.ShortSide))),
            ImageTransform.ResizeExact resize => Step("resize", ("size", Pair(resize.Height, resize.Width))),
            ImageTransform.CenterCrop crop => Step("center-crop", ("size", Pair(crop.Height, crop.Width))),
            ImageTransform.RandomCrop crop => Step("random-crop", ("size", Pair(crop.Height, crop.Width)), ("padding", Number(crop.Padding))),
            ImageTransform.RandomResizedCrop crop => Step("random-resized-crop",
                ("size", Number(crop.Size)), ("scale", Pair(crop.MinScale, crop.MaxScale)), ("ratio", Pair(crop.MinRatio, crop.MaxRatio))),
            ImageTransform.HorizontalFlip flip => Step("horizontal-flip", ("probability", Number(flip.Probability))),
            ImageTransform.VerticalFlip flip => Step("vertical-flip", ("probability", Number(flip.Probability))),
            ImageTransform.ColorJitter jitter => Step("color-jitter", ("brightness", Number(jitter.Brightness)),
                ("contrast", Number(jitter.Contrast)), ("saturation", Number(jitter.Saturation)), ("hue", Number(jitter.Hue))),
            ImageTransform.RandomRotation rotation => Step("random-rotation", ("degrees", Number(rotation.Degrees))),
            _ => throw Unknown(transform),
        };

        static HoconObject Step(string name, params (string, HoconNode)[] parameters) => Object((name, Object(parameters)));
        static HoconArray Pair(double first, double second) => List(Number(first), Number(second));
    }

    private static string? Pretrained(PretrainedSource? pretrained) => pretrained switch
    {
        null => null,
        PretrainedSource.File file => file.Location,
        PretrainedSource.Builtin builtin => $"builtin:{builtin.Name}",
        PretrainedSource.Run { Selector: null } run => $"run:{run.Name}",
        PretrainedSource.Run run => $"run:{run.Name}@{run.Selector}",
        _ => throw Unknown(pretrained),
    };

    private static HoconNode ClassWeights(ClassWeights weights) => weights switch
    {
        Training.ClassWeights.None => Text("none"),
        Training.ClassWeights.Balanced => Text("balanced"),
        Training.ClassWeights.Explicit own => Object([.. own.ByClass.Select(pair => (pair.Key, (HoconNode)Number(pair.Value)))]),
        _ => throw Unknown(weights),
    };

    private static HoconObject EarlyStopping(EarlyStoppingSettings? stopping) => stopping is null
        ? Object(("patience", Null))
        : Object(("patience", Number(stopping.Patience)), ("metric", Word(stopping.Metric)), ("min-delta", Number(stopping.MinDelta)));

    private static HoconObject Phase(PhaseSettings phase, HoconObject experimentData)
    {
        var differs = Data(phase.Data).Fields.Where(field => HoconWriter.Inline(field.Value) != HoconWriter.Inline(experimentData[field.Key]!.Value));
        var data = new HoconObject(differs, Nowhere);
        var whole = Object(
            ("name", Text(phase.Name)),
            ("epochs", Number(phase.Epochs)),
            ("trainable", List(phase.Trainable.Select(Text))),
            ("batch-norm", Word(phase.BatchNorm)),
            ("learning-rate-scale", Object([.. phase.LearningRateScale.Select(scale => (scale.Pattern, (HoconNode)Number(scale.Factor)))])),
            ("layer-decay", OrNull(phase.LayerDecay)),
            ("features", phase.Features is { } features ? Object(("variants", Number(features.Variants)), ("block-size", Number(features.BlockSize))) : Null),
            ("data", data),
            ("optimizer", Optimizer(phase.Optimizer)),
            ("schedule", Schedule(phase.Schedule)));
        if (data.Count == 0) whole = Without(whole, "data");
        return phase.Features is null ? Without(whole, "features") : whole;
    }

    private static HoconObject Optimizer(OptimizerSettings optimizer) => Object(
    [
        ("type", Word(optimizer.Type)),
        ("learning-rate", Number(optimizer.LearningRate)),
        .. optimizer.Type == OptimizerType.Sgd
            ? new (string, HoconNode)[] { ("momentum", Number(optimizer.Momentum)), ("nesterov", Boolean(optimizer.Nesterov)) }
            : [("betas", List(Number(optimizer.Beta1), Number(optimizer.Beta2))), ("epsilon", Number(optimizer.Epsilon))],
        ("weight-decay", Number(optimizer.WeightDecay)),
        ("decay-norm-and-bias", Boolean(optimizer.DecayNormAndBias)),
    ]);

    private static HoconObject Schedule(ScheduleSettings schedule) => Object(
    [
        ("type", Word(schedule.Type)),
        ("warm-up-epochs", Number(schedule.WarmUpEpochs)),
        .. schedule.Type switch
        {
            ScheduleType.Constant => Array.Empty<(string, HoconNode)>(),
            ScheduleType.Step => [("step-epochs", Number(schedule.StepEpochs)), ("step-factor", Number(schedule.StepFactor))],
            ScheduleType.Cosine => [("final-share", Number(schedule.FinalShare))],
            ScheduleType.Polynomial => [("final-share", Number(schedule.FinalShare)), ("power", Number(schedule.Power))],
            ScheduleType.OneCycle =>
            [
                ("rise-share", Number(schedule.RiseShare)), ("start-divisor", Number(schedule.StartDivisor)), ("end-divisor", Number(schedule.EndDivisor)),
            ],
            _ => throw new ArgumentOutOfRangeException(nameof(schedule), schedule.Type, "unknown schedule"),
        },
    ]);

    private static HoconScalar Null => new("null", HoconKind.Null, Nowhere);

    private static HoconScalar Text(string text) => new(text, HoconKind.Text, Nowhere);

    private static HoconScalar Word<T>(T value) where T : struct, Enum => Text(Name(value));

    private static HoconScalar TextOrNull(string? text) => text is null ? Null : Text(text);

    private static HoconScalar Boolean(bool value) => new(value ? "true" : "false", HoconKind.Boolean, Nowhere);

    private static HoconScalar Number(ulong value) => new(value.ToString(CultureInfo.InvariantCulture), HoconKind.Number, Nowhere);

    private static HoconScalar Number(int value) => new(value.ToString(CultureInfo.InvariantCulture), HoconKind.Number, Nowhere);

    /// <summary>The shortest text that reads back to the same bits; -0 is 0.</summary>
    private static HoconScalar Number(double value) =>
        new((value == 0 ? 0 : value).ToString("R", CultureInfo.InvariantCulture).ToLowerInvariant(), HoconKind.Number, Nowhere);

    private static HoconScalar OrNull(double? value) => value is { } number ? Number(number) : Null;

    private static HoconScalar OrNull(int? value) => value is { } number ? Number(number) : Null;

    private static HoconArray List(IEnumerable<HoconNode> items) => new([.. items], Nowhere);

    private static HoconArray List(params HoconNode[] items) => List(items.AsEnumerable());

    private static HoconObject Without(HoconObject whole, string key) => new(whole.Fields.Where(field => field.Key != key), Nowhere);

    private static HoconObject Object(params (string Key, HoconNode Value)[] fields) =>
        new(fields.Select(field => new HoconField(field.Key, field.Value, Nowhere)), Nowhere);

    private static ArgumentOutOfRangeException Unknown(object value) => new(nameof(value), value.GetType().Name, "no way to write it");
}
