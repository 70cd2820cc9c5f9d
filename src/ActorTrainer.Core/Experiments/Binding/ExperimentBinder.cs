using System.Collections.Immutable;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Evaluation;
using ActorTrainer.Core.Experiments.Hocon;
using ActorTrainer.Core.Registry;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Core.Experiments.Binding;

/// <summary>The resolved tree to <see cref="ExperimentSettings"/>; everything that is wrong goes to the log.</summary>
internal sealed class ExperimentBinder(ProblemLog problems)
{
    /// <param name="variables">Top-level keys that are the file's own, because substitutions refer to them.</param>
    /// <param name="defaultName">The file's name without extension.</param>
    public ExperimentSettings? Read(HoconObject root, IReadOnlySet<string> variables, string defaultName)
    {
        CheckTop(root, variables);
        if (root["experiment"] is not { } field)
        {
            problems.Error("experiment", root.Origin, "required: expected experiment { ... }");
            return null;
        }

        var experiment = new Setting(problems, "experiment", field.Value).Section(Reference.Instance.Experiment);
        var data = experiment.Child("data");
        var training = new TrainingBinder(experiment.Child("training"), data, problems);
        var trained = training.Read();
        var settings = new ExperimentSettings
        {
            Name = Name(experiment["name"], defaultName),
            Seed = experiment["seed"].Seed(),
            Data = training.ExperimentData,
            Model = ModelBinder.Read(experiment.Child("model")),
            Training = trained,
            Evaluation = Evaluation(experiment, trained.Phases),
            Checkpoint = Checkpoint(experiment.Child("checkpoint")),
            Resources = Resources(experiment.Child("resources"), experiment.Child("training")["logical-shards"]),
            PromoteIf = PromoteIf(experiment["promote-if"], trained.Phases),
        };
        if (settings.Training.Phases is [.., var last] && training.ExperimentData.Test is { } test && last.Data.Test is null)
            data["test"].Warning($"'{test}' is never looked at: the last phase has no test set");
        return problems.Errors.Count == 0 ? settings : null;
    }

    private void CheckTop(HoconObject root, IReadOnlySet<string> variables)
    {
        string[] known = [.. Reference.Instance.Experiment.Fields.Select(field => field.Key)];
        foreach (var field in root.Fields)
        {
            if (field.Key == "experiment" || variables.Contains(field.Key)) continue;
            string message = known.Contains(field.Key)
                ? "it belongs inside experiment { ... }"
                : "unknown key; expected experiment { ... } (other keys may stand here for substitutions, and none refers to this one)";
            problems.Error(HoconPath.Join("", field.Key), field.Origin, message, known.Contains(field.Key) ? null : Near(field.Key));
        }
    }

    private static string? Near(string key) =>
        Nearest.Of(key, Reference.Instance.Experiment.Fields.Select(field => field.Key).Append("experiment")) is not { } near ? null
            : near == "experiment" ? near : $"experiment.{near}";

    private static ExperimentName Name(Setting setting, string defaultName)
    {
        string name = setting.IsNull ? defaultName : setting.Text("a name");
        if (ExperimentName.IsValid(name)) return new(name);
        if (setting.IsNull && Suggest(defaultName) is { } tame)
        {
            setting.Warning($"the run is called '{tame}': the file's name '{defaultName}' can't be a run's ({ExperimentName.Rule})");
            return new(tame);
        }

        if (setting.IsNull) setting.Error($"the file's name '{defaultName}' can't be the run's name ({ExperimentName.Rule}): set a name");
        else if (name.Length > 0) setting.Error($"expected {ExperimentName.Rule}; found {setting.Node.Describe()}", Suggest(name));
        return new("unnamed");
    }

    private static string? Suggest(string name)
    {
        string tame = string.Concat(name.ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' ? c : '-')).Trim('.', '_', '-');
        if (tame.Length > 64) tame = tame[..64];
        return ExperimentName.IsValid(tame) ? tame : null;
    }

    private static EvaluationSettings Evaluation(Section experiment, ImmutableArray<PhaseSettings> phases)
    {
        var evaluation = experiment.Child("evaluation");
        return new(evaluation["every-epochs"].Integer(1, 1_000_000), evaluation["batch-size"].Integer(1, 1 << 20), EarlyStopping(evaluation, phases))
        {
            Metrics = Metrics(evaluation["metrics"]),
        };
    }

    private static ImmutableArray<EvaluationMetric> Metrics(Setting setting)
    {
        const string Expected = "a list such as [loss, top1, f1]";
        var metrics = ImmutableArray.CreateBuilder<EvaluationMetric>();
        foreach (var item in setting.Items(Expected) ?? [])
        {
            var metric = item.Choice([.. EvaluationMetricNames.All]);
            if (metrics.Contains(metric) && !item.IsInvalid) item.Warning("stands in this list already");
            else metrics.Add(metric);
        }

        if (setting.Node is HoconArray { Items.Length: 0 }) setting.Expected($"{Expected} with at least one name");
        return metrics.ToImmutable();
    }

    private static EarlyStoppingSettings? EarlyStopping(Section evaluation, ImmutableArray<PhaseSettings> phases)
    {
        if (evaluation.IfWritten("early-stopping") is { IsNull: true }) return null;
        var stopping = evaluation.Child("early-stopping");
        var metric = stopping["metric"].Choice(("top1", StoppingMetric.Top1), ("loss", StoppingMetric.Loss));
        double minDelta = stopping["min-delta"].Number(NumberRange.NotNegative);
        var patience = stopping["patience"];
        if (patience.IsNull)
        {
            foreach (string key in new[] { "metric", "min-delta" })
                stopping.IfChanged(key)?.Warning("does nothing without early-stopping.patience");
            return null;
        }

        int evaluations = patience.Integer(1, 1_000_000);
        foreach (var phase in phases.Where(phase => phase.Data.Validation is ValidationSource.None))
            patience.Warning($"early stopping does nothing in the phase '{phase.Name}': it has no data.validation");
        return new(metric, evaluations, minDelta);
    }

    private static PromotionRule? PromoteIf(Setting setting, ImmutableArray<PhaseSettings> phases)
    {
        if (setting.IsNull) return null;
        string text = setting.Text("a rule such as \"top1 >= 0.9 and top1 > current\", or null");
        if (text.Length == 0) return null;
        var (rule, problem) = PromotionRule.Parse(text);
        if (problem is not null) setting.Error($"at its character {problem.Column}: {problem.Message}", problem.Suggestion);
        if (rule is not null && phases is [.., var last])
        {
            if (rule.LooksAt.Validation && last.Data.Validation is ValidationSource.None) setting.Warning("what it asks of validation never holds: the last phase has no data.validation");
            if (rule.LooksAt.Test && last.Data.Test is null) setting.Warning("what it asks of test never holds: the last phase has no data.test");
        }

        return rule;
    }

    private static CheckpointSettings Checkpoint(Section checkpoint) => new(
        checkpoint["every-steps"].OrNull(setting => setting.Integer(1, int.MaxValue)), checkpoint["keep-last"].Integer(2, 1_000_000), checkpoint["keep-best"].Boolean());

    private static ResourceSettings Resources(Section resources, Setting shards)
    {
        var device = resources["device"].Choice(("auto", DeviceChoice.Auto), ("cpu", DeviceChoice.Cpu), ("cuda", DeviceChoice.Cuda));
        var trainers = resources.Child("trainers");
        int min = trainers["min"].Integer(1, 1024), max = trainers["max"].Integer(1, 1024);
        if (max < min) trainers["max"].Error($"expected at least trainers.min, which is {min}; found {max}");
        if (int.TryParse((shards.Node as HoconScalar)?.Text, out int logical) && max > logical && logical > 0)
            trainers["max"].Warning($"{max - logical} of {max} trainers would stay idle: training.logical-shards is {logical}");
        var threads = resources["threads"].OrNull(setting => setting.Integer(1, 1024));
        if (threads is not null && device == DeviceChoice.Cuda) resources["threads"].Warning("does nothing on cuda");
        return new(device, min, max, threads, resources["feature-cache-mib"].Integer(1, 1 << 24));
    }
}
