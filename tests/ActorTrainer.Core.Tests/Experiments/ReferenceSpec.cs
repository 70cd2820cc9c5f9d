using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Experiments.Binding;
using ActorTrainer.Core.Experiments.Hocon;

namespace ActorTrainer.Core.Tests.Experiments;

/// <summary>reference.conf and the settings are two sides of one thing: every key reaches a setting, every setting has a key, every mark is true.</summary>
public class ReferenceSpec
{
    private static readonly string[] Base =
    [
        "experiment.data.train=/data/train", "experiment.data.validation=0.1", "experiment.data.test=/data/test", "experiment.model.architecture=resnet18",
        "experiment.evaluation.early-stopping.patience=3", "experiment.training.loss.class-weights={ a = 2 }", "experiment.data.normalize={ mean = [0, 0, 0], std = [1, 1, 1] }",
        "experiment.data.augment=[ { random-resized-crop {} }, { random-crop { padding = 4 } }, { color-jitter {} }, { horizontal-flip {} }, { vertical-flip {} }, { random-rotation {} } ]",
        "experiment.training.phases.0.learning-rate-scale={ head = 2 }", "experiment.training.optimizer.weight-decay=0.1",
    ];

    /// <summary>A key, another value of it, and what has to be set beside it for that value to be in force.</summary>
    public static TheoryData<string, string, string[]> Changes => new()
    {
        { "experiment.name", "other", [] },
        { "experiment.seed", "18446744073709551615", [] },
        { "experiment.data.train", "/data/other", [] },
        { "experiment.data.validation", "0.2", [] },
        { "experiment.data.validation", "/data/validation", [] },
        { "experiment.data.validation", "null", [] },
        { "experiment.data.test", "null", [] },
        { "experiment.data.classes", "[b, a]", [] },
        { "experiment.data.channels", "1", ["experiment.data.normalize=none"] },
        { "experiment.data.image-size", "64", [] },
        { "experiment.data.background", "\"#000102\"", [] },
        { "experiment.data.augment", "[ horizontal-flip ]", [] },
        { "experiment.data.augment", "[ { random-resized-crop { scale = [0.1, 0.9], ratio = [0.5, 2] } } ]", [] },
        { "experiment.data.augment", "[ { random-resized-crop {} }, { random-crop { padding = 8 } }, { color-jitter { brightness = 0.1, contrast = 0.2, saturation = 0.3, hue = 0.4 } }, { horizontal-flip = 0.1 }, { vertical-flip = 0.2 }, { random-rotation = 5 } ]", [] },
        { "experiment.data.evaluate", "[ { resize = [224, 224] } ]", [] },
        { "experiment.data.evaluate", "[ { resize = 300 }, { center-crop = [260, 250] }, { center-crop = 224 } ]", [] },
        { "experiment.data.normalize", "{ mean = [0.1, 0, 0], std = [2, 1, 1] }", [] },
        { "experiment.data.normalize", "imagenet", [] },
        { "experiment.data.decode", "fast", [] },
        { "experiment.data.on-corrupt-file", "skip", [] },
        { "experiment.data.loader-threads", "3", [] },
        { "experiment.data.prefetch", "9", [] },
        { "experiment.data.cache-mib", "64", [] },
        { "experiment.data.ledger", "true", [] },
        { "experiment.model.architecture", "resnet50", [] },
        { "experiment.model.pretrained", "\"builtin:resnet18-imagenet\"", [] },
        { "experiment.model.pretrained", "\"run:other@7\"", [] },
        { "experiment.model.pretrained", "/weights/net.pth", [] },
        { "experiment.model.dropout", "0.25", [] },
        { "experiment.training.global-batch-size", "33", [] },
        { "experiment.training.last-batch", "drop", [] },
        { "experiment.training.logical-shards", "4", [] },
        { "experiment.training.precision", "bf16", [] },
        { "experiment.training.gradients", "bf16", [] },
        { "experiment.training.gradient-clip", "1.5", [] },
        { "experiment.training.optimizer.type", "adamw", [] },
        { "experiment.training.optimizer.learning-rate", "0.3", [] },
        { "experiment.training.optimizer.momentum", "0.8", [] },
        { "experiment.training.optimizer.nesterov", "true", [] },
        { "experiment.training.optimizer.betas", "[0.8, 0.99]", ["experiment.training.optimizer.type=adam"] },
        { "experiment.training.optimizer.epsilon", "1e-6", ["experiment.training.optimizer.type=adam"] },
        { "experiment.training.optimizer.weight-decay", "0.01", [] },
        { "experiment.training.optimizer.decay-norm-and-bias", "true", [] },
        { "experiment.training.schedule.type", "step", [] },
        { "experiment.training.schedule.warm-up-epochs", "0.5", [] },
        { "experiment.training.schedule.step-epochs", "2.5", ["experiment.training.schedule.type=step"] },
        { "experiment.training.schedule.step-factor", "0.5", ["experiment.training.schedule.type=step"] },
        { "experiment.training.schedule.final-share", "0.1", ["experiment.training.schedule.type=cosine"] },
        { "experiment.training.schedule.power", "2", ["experiment.training.schedule.type=polynomial"] },
        { "experiment.training.schedule.rise-share", "0.4", ["experiment.training.schedule.type=one-cycle"] },
        { "experiment.training.schedule.start-divisor", "10", ["experiment.training.schedule.type=one-cycle"] },
        { "experiment.training.schedule.end-divisor", "100", ["experiment.training.schedule.type=one-cycle"] },
        { "experiment.training.loss.label-smoothing", "0.1", [] },
        { "experiment.training.loss.class-weights", "balanced", [] },
        { "experiment.training.loss.class-weights", "{ a = 3 }", [] },
        { "experiment.training.phases.0.name", "leg", [] },
        { "experiment.training.phases.0.epochs", "7", [] },
        { "experiment.training.phases.0.trainable", "[head, \"layer4.*\"]", [] },
        { "experiment.training.phases.0.batch-norm", "frozen", [] },
        { "experiment.training.phases.0.learning-rate-scale", "{ head = 3 }", [] },
        { "experiment.training.phases.0.layer-decay", "0.75", [] },
        { "experiment.training.phases.0.features.variants", "1", ["experiment.training.phases.0.trainable=head", "experiment.training.phases.0.batch-norm=frozen"] },
        {
            "experiment.training.phases.0.features.block-size", "32",
            ["experiment.training.phases.0.trainable=head", "experiment.training.phases.0.batch-norm=frozen", "experiment.training.phases.0.features.variants=1"]
        },
        { "experiment.promote-if", "\"top1 > current\"", [] },
        { "experiment.evaluation.every-epochs", "2", [] },
        { "experiment.evaluation.batch-size", "32", [] },
        { "experiment.evaluation.metrics", "[f1, recall, precision, top5, top1, loss]", [] },
        { "experiment.evaluation.early-stopping.patience", "4", [] },
        { "experiment.evaluation.early-stopping.metric", "loss", [] },
        { "experiment.evaluation.early-stopping.min-delta", "0.01", [] },
        { "experiment.checkpoint.every-steps", "50", [] },
        { "experiment.checkpoint.keep-last", "3", [] },
        { "experiment.checkpoint.keep-best", "false", [] },
        { "experiment.resources.device", "cpu", [] },
        { "experiment.resources.trainers.min", "2", ["experiment.resources.trainers.max=4"] },
        { "experiment.resources.trainers.max", "4", [] },
        { "experiment.resources.feature-cache-mib", "100", [] },
        { "experiment.resources.threads", "2", [] },
    };

    [Theory, MemberData(nameof(Changes))]
    public void A_key_changes_settings_and_changes_the_hash_only_if_it_is_marked_result(string key, string value, string[] beside)
    {
        var before = Valid([.. Base, .. beside]);
        var after = Valid([.. Base, .. beside, $"{key}={value}"]);
        Assert.NotEqual(Dump.Of(before.Settings), Dump.Of(after.Settings));
        var mark = Reference.Instance.MarkOf(Reference.Instance.Find(key.Split('.'))!);
        bool sameKind = mark == KeyMark.Location && before.Entries.Single(entry => entry.Key == key).Identity == after.Entries.Single(entry => entry.Key == key).Identity;
        Assert.Equal(mark == KeyMark.Operational || sameKind, before.Hash == after.Hash);
        Assert.NotEmpty(ConfigurationDiff.Between(before, after));
        Assert.Equal(before.Hash != after.Hash, ConfigurationDiff.Between(before, after).Any(change => change.ChangesResult));
    }

    [Fact]
    public void Every_key_has_a_mark_and_a_row_above()
    {
        var rows = Changes.Select(row => (string)row[0]).ToHashSet();
        var keys = Leaves("experiment", Reference.Instance.Experiment).ToList();
        Assert.All(keys, leaf => Assert.True(Reference.Instance.MarkOf(leaf.Field) is not null, leaf.Path));
        string[] inherited = [.. new[] { "data", "optimizer", "schedule" }.Select(section => $"experiment.training.phases.0.{section}.")];
        Assert.All(keys, leaf => Assert.True(inherited.Any(leaf.Path.StartsWith) || rows.Contains(leaf.Path), leaf.Path));
    }

    [Fact]
    public void Every_property_of_the_settings_is_reached_by_a_key()
    {
        var reached = new HashSet<string>();
        foreach (object[] row in Changes)
        {
            string[] beside = (string[])row[2];
            var (before, after) = (Dump.Of(Valid([.. Base, .. beside]).Settings), Dump.Of(Valid([.. Base, .. beside, $"{row[0]}={row[1]}"]).Settings));
            reached.UnionWith(before.Keys.Union(after.Keys).Where(path => before.GetValueOrDefault(path) != after.GetValueOrDefault(path)));
        }

        // Counts, types and the names in maps are no properties.
        var properties = Dump.Of(Valid(Base).Settings).Keys.Where(path => !path.EndsWith(".type", StringComparison.Ordinal) && !path.EndsWith('#'));
        string[] names = ["Scale.0.Item1", "ByClass.0.Key"];
        Assert.All(properties.Except(reached), path => Assert.True(names.Any(path.Contains), path));
    }

    [Fact]
    public void Every_phase_key_of_data_optimizer_and_schedule_is_the_experiments()
    {
        foreach (string[] key in new[] { new[] { "data", "train" }, ["training", "optimizer", "type"], ["training", "schedule", "type"] })
        {
            var own = Reference.Instance.Find(["experiment", "training", "phases", "3", .. key[^2..]])!;
            Assert.Equal(Reference.Instance.Find(["experiment", .. key])!.Origin, own.Origin);
        }
    }

    [Fact]
    public void The_reference_is_itself_an_experiment_once_the_required_keys_are_set()
    {
        string text = ExperimentConfiguration.ReferenceText.Split("# What `augment`")[0].Replace("train = null", "train = pictures", StringComparison.Ordinal);
        var reading = ExperimentFile.Parse(text, "/files/reference.conf",
            ["experiment.model.architecture=resnet18", "experiment.training.phases.0.epochs=1"], new MemorySources());
        Assert.Empty(reading.Warnings);
        // It names every key, those of other optimizers and schedules too: the only mistake it can make.
        Assert.All(reading.Errors, error => Assert.Contains("the type here is", error.Message, StringComparison.Ordinal));
    }

    private static ExperimentConfiguration Valid(string[] overrides)
    {
        var reading = ExperimentFile.Parse("experiment { training { phases = [ { epochs = 1 } ] } }", "/files/any.conf", overrides, new MemorySources());
        Assert.Empty(reading.Errors);
        return reading.Configuration!;
    }

    private static IEnumerable<(string Path, HoconField Field)> Leaves(string path, HoconObject node) => node.Fields.SelectMany(field => (field.Value switch
    {
        HoconObject { Count: > 0 } nested => Leaves($"{path}.{field.Key}", nested),
        HoconArray { Items: [HoconObject item, ..] } => Leaves($"{path}.{field.Key}.0", item),
        _ => [($"{path}.{field.Key}", field)],
    }));
}
