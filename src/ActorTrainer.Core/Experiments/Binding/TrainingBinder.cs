using System.Collections.Immutable;
using System.Numerics;
using System.Text.RegularExpressions;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments.Hocon;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Core.Experiments.Binding;

/// <summary>The <c>training</c> section; every phase leaves it with its complete data, optimizer and schedule.</summary>
internal sealed partial class TrainingBinder
{
    private readonly Section _training, _data;
    private readonly ProblemLog _problems;

    public TrainingBinder(Section training, Section data, ProblemLog problems)
    {
        (_training, _data, _problems) = (training, data, problems);
        ExperimentData = DataBinder.Read(data, problems);
    }

    /// <summary>The experiment's data, read once: phases without data of their own share the record.</summary>
    public DataSettings ExperimentData { get; }

    public TrainingSettings Read()
    {
        int batch = _training["global-batch-size"].Integer(1, 1 << 20);
        var phases = Phases();
        var precision = _training["precision"].Choice(("fp32", Precision.Fp32), ("bf16", Precision.Bf16), ("fp64", Precision.Fp64), ("tf32", Precision.Tf32));
        return new()
        {
            GlobalBatchSize = batch,
            LastBatch = _training["last-batch"].Choice(("keep", LastBatch.Keep), ("drop", LastBatch.Drop)),
            LogicalShards = _training["logical-shards"].OrNull(setting => Shards(setting, batch)),
            Precision = precision,
            Gradients = Gradients(_training["gradients"], precision),
            GradientClip = _training["gradient-clip"].OrNull(setting => setting.Number(NumberRange.Positive)),
            Loss = Loss(_training.Child("loss"), phases),
            Phases = phases,
        };
    }

    private static GradientPrecision Gradients(Setting setting, Precision precision)
    {
        var gradients = setting.Choice(("full", GradientPrecision.Full), ("bf16", GradientPrecision.Bf16));
        if (gradients == GradientPrecision.Bf16 && precision == Precision.Fp64) setting.Error("gradients in bf16 make no sense of weights in fp64: expected full with precision = fp64");
        return gradients;
    }

    private static int Shards(Setting setting, int batch)
    {
        int shards = setting.Integer(1, 1024);
        if (!BitOperations.IsPow2(shards)) setting.Expected("a power of two up to 1024, or null");
        else if (shards > batch) setting.Warning($"a batch of {batch} fills at most {batch} of {shards} shards");
        return shards;
    }

    private static LossSettings Loss(Section loss, ImmutableArray<PhaseSettings> phases)
    {
        double smoothing = loss["label-smoothing"].Number(NumberRange.Share);
        var weights = loss["class-weights"];
        if (weights.Node is not HoconObject) return new(smoothing, weights.Choice<ClassWeights>(("none", new ClassWeights.None()), ("balanced", new ClassWeights.Balanced())));

        // Where every phase names its classes, a weight of another class is a mistake that nothing else would find.
        HashSet<string>? classes = phases.All(phase => phase.Data.Classes is not null) ? [.. phases.SelectMany(phase => phase.Data.Classes!.Value)] : null;
        var byClass = ImmutableSortedDictionary.CreateBuilder<string, double>(StringComparer.Ordinal);
        foreach (var (name, weight) in weights.Entries("") ?? [])
        {
            if (classes?.Contains(name) == false) weight.Error($"no phase has a class '{name}'", Nearest.Of(name, classes));
            byClass[name] = weight.Number(NumberRange.NotNegative);
        }

        return new(smoothing, new ClassWeights.Explicit(byClass.ToImmutable()));
    }

    private ImmutableArray<PhaseSettings> Phases()
    {
        const string Expected = "a list of phases, such as [ { epochs = 10 } ]";
        var optimizer = _training.Child("optimizer");
        var schedule = _training.Child("schedule");
        OptimizerBinder.Optimizer(optimizer, optimizer.Written);
        OptimizerBinder.Schedule(schedule, schedule.Written, epochs: null);
        if (_training.IfWritten("phases") is not { } written)
        {
            _training["phases"].Error($"required: expected {Expected}");
            return [];
        }

        if (written.Items(Expected) is not { } items) return [];
        if (items.IsEmpty) written.Error($"at least one phase is needed: expected {Expected}");
        var phases = ImmutableArray.CreateBuilder<PhaseSettings>();
        foreach (var item in items)
        {
            var phase = Phase(item.Section(Reference.Instance.Phase), items.Length == 1 ? "train" : $"phase-{phases.Count + 1}", optimizer, schedule);
            if (phases.Any(before => before.Name == phase.Name)) item.Error($"two phases are called '{phase.Name}'");
            phases.Add(phase);
        }

        return phases.ToImmutable();
    }

    private PhaseSettings Phase(Section phase, string defaultName, Section optimizer, Section schedule)
    {
        string name = phase["name"].IsNull ? defaultName : phase["name"].Text("a name");
        if (name.Length > 0 && !PhaseName().IsMatch(name)) phase["name"].Expected("a lower-case letter or digit, then up to 63 of a-z 0-9 . _ -");
        int epochs = phase["epochs"].Integer(1, 1_000_000);
        var (ownOptimizer, ownSchedule) = (Own(phase, "optimizer"), Own(phase, "schedule"));
        var trainable = Trainable(phase["trainable"]);
        var batchNorm = phase["batch-norm"].Choice(("update", BatchNormMode.Update), ("frozen", BatchNormMode.Frozen));
        var data = Own(phase, "data") is { } own ? DataBinder.Read(_data.With(own, $"{phase.Path}.data"), _problems) : ExperimentData;
        return new()
        {
            Name = name,
            Epochs = epochs,
            Trainable = trainable,
            BatchNorm = batchNorm,
            LearningRateScale = Scale(phase["learning-rate-scale"], trainable),
            LayerDecay = phase["layer-decay"].OrNull(setting => setting.Number(new(0, 1, WithoutLeast: true))),
            Features = Features(phase, trainable, batchNorm, data, epochs),
            Data = data,
            Optimizer = OptimizerBinder.Optimizer(optimizer.With(ownOptimizer, $"{phase.Path}.optimizer"), ownOptimizer),
            Schedule = OptimizerBinder.Schedule(schedule.With(ownSchedule, $"{phase.Path}.schedule"), ownSchedule, phase["epochs"].IsNull ? null : epochs),
        };
    }

    private static FeatureSettings? Features(Section phase, ImmutableArray<string> trainable, BatchNormMode batchNorm, DataSettings data, int epochs)
    {
        if (phase.IfWritten("features") is { IsNull: true }) return null;
        var features = phase.Child("features");
        var variants = features["variants"];
        int blockSize = features["block-size"].Integer(1, 1 << 20);
        if (variants.IsNull)
        {
            features.IfChanged("block-size")?.Warning("does nothing without features.variants");
            return null;
        }

        int count = variants.Integer(1, 1000);
        if (trainable is not ["head"] || batchNorm != BatchNormMode.Frozen)
            variants.Error("features are kept only where the head alone trains: expected trainable = [head] and batch-norm = frozen in this phase");
        if (count > epochs) variants.Warning($"the phase has {epochs} epochs: the variants after the first {epochs} are never used");
        else if (count > 1 && !data.Augment.Any(IsRandom)) variants.Warning("the variants are all the same: nothing in data.augment is drawn");
        return new(count, blockSize);
    }

    private static bool IsRandom(ImageTransform transform) =>
        transform is not (ImageTransform.Resize or ImageTransform.ResizeExact or ImageTransform.CenterCrop);

    private static HoconObject? Own(Section phase, string key)
    {
        if (phase.IfWritten(key) is not { } written) return null;
        if (written.Node is HoconObject own) return own;
        written.Expected("an object { ... } with what differs in this phase");
        return null;
    }

    private static ImmutableArray<string> Trainable(Setting setting)
    {
        const string Expected = "all, head, backbone or a pattern over state-dict names such as \"layer4.*\", or a list of these";
        if (setting.Node is HoconScalar { IsNull: false }) return [Pattern(setting)];
        var patterns = setting.Items(Expected) ?? [];
        if (setting.Node is HoconArray { Items.IsEmpty: true }) setting.Error($"nothing would be trained: expected {Expected}");
        return [.. patterns.Select(Pattern)];

        static string Pattern(Setting item)
        {
            string text = item.Text(Expected);
            if (text.Length > 0 && !StatePattern().IsMatch(text)) item.Expected(Expected);
            return text;
        }
    }

    private static ImmutableArray<(string Pattern, double Factor)> Scale(Setting setting, ImmutableArray<string> trainable)
    {
        var scale = ImmutableArray.CreateBuilder<(string, double)>();
        foreach (var (pattern, factor) in setting.Entries("factors by name, such as { head = 20 }") ?? [])
        {
            if (!StatePattern().IsMatch(pattern)) factor.Error("expected all, head, backbone or a pattern over state-dict names as the key");
            else if (trainable is ["head" or "backbone"] && pattern is "head" or "backbone" && pattern != trainable[0])
                factor.Warning($"does nothing: only the {trainable[0]} is trained in this phase");
            scale.Add((pattern, factor.Number(NumberRange.NotNegative)));
        }

        return scale.ToImmutable();
    }

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9._-]{0,63}\z")]
    private static partial Regex PhaseName();

    [GeneratedRegex(@"\A[A-Za-z0-9_.*-]{1,256}\z")]
    private static partial Regex StatePattern();
}
