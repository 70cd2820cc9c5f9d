using ActorTrainer.Core.Experiments.Hocon;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Core.Experiments.Binding;

/// <summary>
/// The <c>optimizer</c> and <c>schedule</c> sections. A key that another type has is an error where it is written beside the type in force;
/// inherited from an outer section of another type it is simply not taken over.
/// </summary>
internal static class OptimizerBinder
{
    private static readonly (string Key, OptimizerType[] Types)[] OptimizerKeys =
    [
        ("momentum", [OptimizerType.Sgd]), ("nesterov", [OptimizerType.Sgd]),
        ("betas", [OptimizerType.Adam, OptimizerType.AdamW]), ("epsilon", [OptimizerType.Adam, OptimizerType.AdamW]),
    ];

    private static readonly (string Key, ScheduleType[] Types)[] ScheduleKeys =
    [
        ("step-epochs", [ScheduleType.Step]), ("step-factor", [ScheduleType.Step]),
        ("final-share", [ScheduleType.Cosine, ScheduleType.Polynomial]), ("power", [ScheduleType.Polynomial]),
        ("rise-share", [ScheduleType.OneCycle]), ("start-divisor", [ScheduleType.OneCycle]), ("end-divisor", [ScheduleType.OneCycle]),
    ];

    /// <param name="writtenHere">The keys of this place alone, without those it inherits.</param>
    public static OptimizerSettings Optimizer(Section section, HoconObject? writtenHere)
    {
        var type = section["type"].Choice(("sgd", OptimizerType.Sgd), ("adam", OptimizerType.Adam), ("adamw", OptimizerType.AdamW));
        RefuseForeign(section, writtenHere, OptimizerKeys, type);
        var settings = new OptimizerSettings
        {
            Type = type,
            LearningRate = section["learning-rate"].OrNull(rate => rate.Number(NumberRange.Positive)) ?? (type == OptimizerType.Sgd ? 0.01 : 0.001),
            WeightDecay = section["weight-decay"].Number(NumberRange.NotNegative),
            DecayNormAndBias = section["decay-norm-and-bias"].Boolean(),
        };
        if (settings is { DecayNormAndBias: true, WeightDecay: 0 } && writtenHere?["decay-norm-and-bias"] is not null)
            section["decay-norm-and-bias"].Warning("does nothing while weight-decay is 0");
        if (type == OptimizerType.Sgd)
        {
            double momentum = section["momentum"].Number(NumberRange.Share);
            bool nesterov = section["nesterov"].Boolean();
            if (nesterov && momentum == 0) section["nesterov"].Error("nesterov needs a momentum greater than 0");
            return settings with { Momentum = momentum, Nesterov = nesterov };
        }

        var betas = section["betas"].Items("two numbers, such as [0.9, 0.999]");
        if (betas is { Length: not 2 }) section["betas"].Error("expected two numbers, such as [0.9, 0.999]");
        double epsilon = section["epsilon"].Number(NumberRange.Positive);
        return betas is [var first, var second]
            ? settings with { Beta1 = first.Number(NumberRange.Share), Beta2 = second.Number(NumberRange.Share), Epsilon = epsilon }
            : settings;
    }

    /// <param name="writtenHere">The keys of this place alone, without those it inherits.</param>
    /// <param name="epochs">Of the phase; null at the section that phases inherit from.</param>
    public static ScheduleSettings Schedule(Section section, HoconObject? writtenHere, int? epochs)
    {
        var type = section["type"].Choice(("constant", ScheduleType.Constant), ("step", ScheduleType.Step), ("cosine", ScheduleType.Cosine),
            ("one-cycle", ScheduleType.OneCycle), ("polynomial", ScheduleType.Polynomial));
        RefuseForeign(section, writtenHere, ScheduleKeys, type);
        double warmUp = section["warm-up-epochs"].Number(NumberRange.NotNegative);
        if (epochs <= warmUp) section["warm-up-epochs"].Warning($"the warm-up lasts as long as {section.Path[..section.Path.LastIndexOf('.')]} itself: the full rate is never held");
        var settings = new ScheduleSettings { Type = type, WarmUpEpochs = warmUp };
        return type switch
        {
            ScheduleType.Step => settings with
            {
                StepEpochs = section["step-epochs"].Number(NumberRange.Positive),
                StepFactor = section["step-factor"].Number(new(0, 1, WithoutLeast: true)),
            },
            ScheduleType.Cosine => settings with { FinalShare = section["final-share"].Number(new(0, 1)) },
            ScheduleType.Polynomial => settings with
            {
                FinalShare = section["final-share"].Number(new(0, 1)),
                Power = section["power"].Number(new(0, 100, WithoutLeast: true)),
            },
            ScheduleType.OneCycle => settings with
            {
                RiseShare = section["rise-share"].Number(new(0, 1, WithoutLeast: true, WithoutMost: true)),
                StartDivisor = section["start-divisor"].Number(new(1, double.MaxValue)),
                EndDivisor = section["end-divisor"].Number(new(1, double.MaxValue)),
            },
            _ => settings,
        };
    }

    private static void RefuseForeign<T>(Section section, HoconObject? writtenHere, (string Key, T[] Types)[] keys, T type)
        where T : struct, Enum
    {
        foreach (var (key, types) in keys)
        {
            if (writtenHere?[key] is null || types.Contains(type)) continue;
            section[key].Error($"only {string.Join(" and ", types.Select(Name))} {(types.Length == 1 ? "has" : "have")} it, and the type here is {Name(type)}");
        }

        static string Name(T value) => SettingsTree.Name(value);
    }
}
