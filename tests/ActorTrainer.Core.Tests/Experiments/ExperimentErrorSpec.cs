using ActorTrainer.Core.Experiments;

namespace ActorTrainer.Core.Tests.Experiments;

public class ExperimentErrorSpec
{
    private static readonly string[] Base =
    [
        "experiment.data.train=/data/train", "experiment.model.architecture=resnet18", "experiment.training.phases=[ { epochs = 1 }, { epochs = 2, name = second } ]",
    ];

    [Theory]
    [InlineData("experiment.sed=1", "experiment.sed: unknown key; expected one of name, seed, data, model, training, evaluation, checkpoint, resources, promote-if; did you mean 'seed'?")]
    [InlineData("experiment.training.phases.0.epoch=1", "experiment.training.phases.0.epoch: unknown key; expected one of name, epochs, trainable, batch-norm, learning-rate-scale, layer-decay, features, data, optimizer, schedule; did you mean 'epochs'?")]
    [InlineData("experiment.training.epochs=1", "experiment.training.epochs: unknown key; it belongs in experiment.training.phases.0; expected one of")]
    [InlineData("experiment.training.phases.1.data.imagesize=8", "experiment.training.phases.1.data.imagesize: unknown key; expected one of train")]
    [InlineData("experiment.training.phases.1.data.imagesize=8", "did you mean 'image-size'?")]
    [InlineData("experiment.data.augment=[ { centre-crop = 5 } ]", "did you mean 'center-crop'?")]
    [InlineData("experiment.data.augment=[ { resize { sise = 5 } } ]", "experiment.data.augment.0.resize.sise: unknown key; expected one of size; did you mean 'size'?")]
    [InlineData("seed=1", "seed: it belongs inside experiment { ... }")]
    [InlineData("experimant.seed=1", "did you mean 'experiment'?")]
    [InlineData("experiment.seed=-1", "experiment.seed: expected an integer from 0 to 18446744073709551615, found -1")]
    [InlineData("experiment.seed=1.5", "experiment.seed: expected an integer from 0")]
    [InlineData("experiment.seed=[1]", "found a list")]
    [InlineData("experiment.seed=null", "experiment.seed: required: expected an integer")]
    [InlineData("experiment.name=\"My Photos\"", "did you mean 'my-photos'?")]
    [InlineData("experiment.name=journal-1", "experiment.name: expected a lower-case letter or digit")]
    [InlineData("experiment.data=5", "experiment.data: expected an object { ... }, found 5")]
    [InlineData("experiment.data.train=null", "experiment.data.train: required: expected the path of the training images")]
    [InlineData("experiment.evaluation.metrics=[top1, f2]", "experiment.evaluation.metrics.1: expected loss, top1, top5, precision, recall or f1, found 'f2'; did you mean 'f1'?")]
    [InlineData("experiment.evaluation.metrics=[]", "experiment.evaluation.metrics: expected a list such as [loss, top1, f1] with at least one name")]
    [InlineData("experiment.evaluation.metrics=top1", "experiment.evaluation.metrics: expected a list such as [loss, top1, f1]")]
    [InlineData("experiment.data.train=5", "experiment.data.train: expected the path of the training images; a name like this one needs quotes, found 5")]
    [InlineData("experiment.data.train=\"s3://user:secret@host/x\"", "experiment.data.train: credentials have no place in an experiment")]
    [InlineData("experiment.data.validation=1", "experiment.data.validation: expected a path, a share of train greater than 0 and less than 1, or null, found 1")]
    [InlineData("experiment.data.validation=true", "experiment.data.validation: expected a path")]
    [InlineData("experiment.data.classes=[cat]", "experiment.data.classes: at least two classes")]
    [InlineData("experiment.data.classes=[cat, dog, cat]", "experiment.data.classes.2: the class 'cat' stands here twice")]
    [InlineData("experiment.data.classes=[cat, \"a/b\"]", "experiment.data.classes.1: a class is one folder's name")]
    [InlineData("experiment.data.channels=2", "experiment.data.channels: expected 3 or 1, found 2")]
    [InlineData("experiment.data.image-size=0", "experiment.data.image-size: expected an integer from 1 to 4096, found 0")]
    [InlineData("experiment.data.background=\"#12345\"", "experiment.data.background: expected white, black")]
    [InlineData("experiment.data.background=[1, 2, 256]", "experiment.data.background.2: expected an integer from 0 to 255, found 256")]
    [InlineData("experiment.data.evaluate=[ { resize = 256 } ]", "experiment.data.evaluate: these steps don't end at one size, and image-size is 224")]
    [InlineData("experiment.data.evaluate=[ { resize = [256, 224] } ]", "experiment.data.evaluate: these steps end at 256 x 224 pixels, and image-size is 224")]
    [InlineData("experiment.data.evaluate=[ { resize = 200 }, { center-crop = 224 } ]", "experiment.data.evaluate.1: a crop of 224 x 224 from a picture whose short side is 200")]
    [InlineData("experiment.data.evaluate=[ { random-resized-crop {} } ]", "experiment.data.evaluate.0: a random step")]
    [InlineData("experiment.data.augment=[ { random-resized-crop { scale = [1, 0.5] } } ]", "experiment.data.augment.0.random-resized-crop.scale: expected [least, most]")]
    [InlineData("experiment.data.augment=[ { random-resized-crop { scale = [0.5, 1.5] } } ]", "scale.1: expected a number greater than 0 and at most 1, found 1.5")]
    [InlineData("experiment.data.augment=[ { color-jitter { hue = 0.6 } } ]", "hue: expected a number of at least 0 and at most 0.5, found 0.6")]
    [InlineData("experiment.data.augment=[ { resize = 5, center-crop = 5 } ]", "experiment.data.augment.0: expected one step")]
    [InlineData("experiment.data.augment=horizontal-flip", "experiment.data.augment: expected a list of steps")]
    [InlineData("experiment.data.normalize={ mean = [0, 0, 0] }", "experiment.data.normalize: mean and std are both needed: 'std' is missing")]
    [InlineData("experiment.data.normalize={ mean = [0, 0], std = [1, 1, 0] }", "experiment.data.normalize.mean: expected a number for each of 3 channels, found 2")]
    [InlineData("experiment.data.normalize={ mean = [0, 0], std = [1, 1, 0] }", "experiment.data.normalize.std.2: expected a number greater than 0, found 0")]
    [InlineData("experiment.data.on-corrupt-file=skp", "experiment.data.on-corrupt-file: expected fail or skip, found 'skp'; did you mean 'skip'?")]
    [InlineData("experiment.data.ledger=yes", "experiment.data.ledger: expected true or false, found 'yes'")]
    [InlineData("experiment.training.gradients=fp16", "experiment.training.gradients: expected full or bf16, found 'fp16'; did you mean 'bf16'?")]
    [InlineData("experiment.training={ precision = fp64, gradients = bf16 }", "experiment.training.gradients: gradients in bf16 make no sense of weights in fp64")]
    [InlineData("experiment.model.architecture=null", "experiment.model.architecture: required: expected an architecture's name")]
    [InlineData("experiment.model.architecture=\"Res Net\"", "experiment.model.architecture: expected an architecture's name")]
    [InlineData("experiment.model.pretrained=weights.bin", "experiment.model.pretrained: expected a .safetensors, .pth, .pt or .onnx file")]
    [InlineData("experiment.model.pretrained=\"run:Bad@x\"", "experiment.model.pretrained: expected a .safetensors")]
    [InlineData("experiment.model.dropout=1", "experiment.model.dropout: expected a number of at least 0 and less than 1, found 1")]
    [InlineData("experiment.training.global-batch-size=0", "experiment.training.global-batch-size: expected an integer from 1")]
    [InlineData("experiment.training.logical-shards=6", "experiment.training.logical-shards: expected a power of two")]
    [InlineData("experiment.training.gradient-clip=0", "experiment.training.gradient-clip: expected a number greater than 0, found 0")]
    [InlineData("experiment.training.optimizer.learning-rate=1e999", "experiment.training.optimizer.learning-rate: expected a number greater than 0")]
    [InlineData("experiment.training.optimizer.betas=[0.9, 0.99]", "experiment.training.optimizer.betas: only adam and adamw have it, and the type here is sgd")]
    [InlineData("experiment.training.optimizer={ type = adamw, nesterov = true }", "experiment.training.optimizer.nesterov: only sgd has it, and the type here is adamw")]
    [InlineData("experiment.training.optimizer={ momentum = 0, nesterov = true }", "experiment.training.optimizer.nesterov: nesterov needs a momentum greater than 0")]
    [InlineData("experiment.training.phases.1.schedule.power=2", "experiment.training.phases.1.schedule.power: only polynomial has it, and the type here is constant")]
    [InlineData("experiment.training.schedule.type=cosin", "did you mean 'cosine'?")]
    [InlineData("experiment.training.loss.label-smoothing=1", "experiment.training.loss.label-smoothing: expected a number of at least 0 and less than 1")]
    [InlineData("experiment.training.loss.class-weights={ cat = -1 }", "experiment.training.loss.class-weights.cat: expected a number of at least 0, found -1")]
    [InlineData("experiment.training.phases=[]", "experiment.training.phases: at least one phase is needed")]
    [InlineData("experiment.training.phases={ epochs = 1 }", "experiment.training.phases: expected a list of phases")]
    [InlineData("experiment.training.phases=[ { trainable = head } ]", "experiment.training.phases.0.epochs: required: expected an integer from 1")]
    [InlineData("experiment.training.phases.0.name=second", "two phases are called 'second'")]
    [InlineData("experiment.training.phases.0.trainable=[]", "experiment.training.phases.0.trainable: nothing would be trained")]
    [InlineData("experiment.training.phases.0.trainable=[\"a b\"]", "experiment.training.phases.0.trainable.0: expected all, head, backbone")]
    [InlineData("experiment.training.phases.0.layer-decay=0", "experiment.training.phases.0.layer-decay: expected a number greater than 0 and at most 1, found 0")]
    [InlineData("experiment.training.phases.0.features.variants=1", "experiment.training.phases.0.features.variants: features are kept only where the head alone trains: expected trainable = [head] and batch-norm = frozen")]
    [InlineData("experiment.training.phases.0={ trainable = head, features.variants = 1 }", "experiment.training.phases.0.features.variants: features are kept only where")]
    [InlineData("experiment.training.phases.0={ trainable = [head, layer4], batch-norm = frozen, features.variants = 1 }", "experiment.training.phases.0.features.variants: features are kept only where")]
    [InlineData("experiment.training.phases.0.features.variants=0", "experiment.training.phases.0.features.variants: expected an integer from 1 to 1000, found 0")]
    [InlineData("experiment.training.phases.0.features=2", "experiment.training.phases.0.features: expected an object { ... }, found 2")]
    [InlineData("experiment.training.phases.0.data=x", "experiment.training.phases.0.data: expected an object { ... } with what differs")]
    [InlineData("experiment.evaluation.early-stopping.patience=0", "experiment.evaluation.early-stopping.patience: expected an integer from 1")]
    [InlineData("experiment.checkpoint.keep-last=1", "experiment.checkpoint.keep-last: expected an integer from 2")]
    [InlineData("experiment.resources.trainers={ min = 3, max = 2 }", "experiment.resources.trainers.max: expected at least trainers.min, which is 3; found 2")]
    public void A_wrong_value_is_told_with_path_and_expectation(string change, string told)
    {
        var errors = Read([.. Base, change]).Errors;
        Assert.Contains(errors, error => error.ToString().Contains(told, StringComparison.Ordinal) && (error.File, error.Line) is ("--set", 4) or ("/files/any.conf", 1) or ("--set", 3));
    }

    [Theory]
    [InlineData("experiment.evaluation.early-stopping.patience=3", "experiment.evaluation.early-stopping.patience: early stopping does nothing in the phase 'phase-1': it has no data.validation")]
    [InlineData("experiment.evaluation.early-stopping.metric=loss", "experiment.evaluation.early-stopping.metric: does nothing without early-stopping.patience")]
    [InlineData("experiment.training.logical-shards=64", "experiment.training.logical-shards: a batch of 32 fills at most 32 of 64 shards")]
    [InlineData("experiment={ training.logical-shards = 2, resources.trainers.max = 5 }", "experiment.resources.trainers.max: 3 of 5 trainers would stay idle")]
    [InlineData("experiment.training.phases.0={ trainable = head, learning-rate-scale { backbone = 2 } }", "experiment.training.phases.0.learning-rate-scale.backbone: does nothing: only the head is trained in this phase")]
    [InlineData("experiment.training.phases.0.features.block-size=8", "experiment.training.phases.0.features.block-size: does nothing without features.variants")]
    [InlineData("experiment.training.phases.0={ trainable = head, batch-norm = frozen, features.variants = 2 }", "experiment.training.phases.0.features.variants: the phase has 1 epochs")]
    [InlineData("experiment.training.phases.1={ trainable = head, batch-norm = frozen, features.variants = 2 }", "experiment.training.phases.1.features.variants: the variants are all the same")]
    [InlineData("experiment.training.phases.0.schedule.warm-up-epochs=1", "experiment.training.phases.0.schedule.warm-up-epochs: the warm-up lasts as long as")]
    [InlineData("experiment.training.optimizer.decay-norm-and-bias=true", "experiment.training.optimizer.decay-norm-and-bias: does nothing while weight-decay is 0")]
    [InlineData("experiment={ data.test = /t, training.phases = [ { epochs = 1, data { test = null } } ] }", "'/t' is never looked at")]
    [InlineData("experiment.data={ channels = 1, augment = [ { color-jitter { hue = 0.1 } } ] }", "saturation and hue do nothing")]
    [InlineData("experiment.resources={ device = cuda, threads = 2 }", "experiment.resources.threads: does nothing on cuda")]
    public void What_would_be_ignored_silently_is_a_warning(string change, string told)
    {
        var reading = Read([.. Base, change]);
        Assert.Empty(reading.Errors);
        Assert.Contains(told, Assert.Single(reading.Warnings.Select(warning => warning.ToString()), text => text.Contains(told, StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public void All_errors_come_at_once_in_the_order_of_the_file()
    {
        var reading = ExperimentFile.Parse("""
            experiment {
              seed = x
              data { train = a, chanels = 3, image-size = big }
              model { architecture = resnet18, dropout = 2 }
              training { phases = [ { epochs = 0 }, { epoch = 1 } ] }
            }
            """, "/files/any.conf", sources: new MemorySources());
        Assert.Null(reading.Configuration);
        Assert.Equal(
        [
            "2:10 experiment.seed", "3:21 experiment.data.chanels", "3:47 experiment.data.image-size", "4:46 experiment.model.dropout",
            "5:36 experiment.training.phases.0.epochs", "5:41 experiment.training.phases.1.epochs", "5:43 experiment.training.phases.1.epoch",
        ], reading.Errors.Select(error => $"{error.Line}:{error.Column} {error.Path}"));
    }

    [Fact]
    public void An_error_in_the_experiments_data_is_told_once_though_every_phase_inherits_it() => Assert.Single(
        Read([.. Base, "experiment.training.phases.0.data.prefetch=1", "experiment.training.phases.1.data.prefetch=1", "experiment.data.channels=7"]).Errors);

    [Fact]
    public void An_error_is_shown_with_its_line_and_a_caret() => Assert.Equal(
        """
        any.conf:2:3: experiment.sed: unknown key; expected one of name, seed, data, model, training, evaluation, checkpoint, resources, promote-if; did you mean 'seed'?
          2 |   sed = 1
            |   ^
        """,
        ExperimentFile.Parse("experiment {\n\tsed = 1\n}".Replace("\t", "  ", StringComparison.Ordinal), "any.conf", Base, new MemorySources()).Errors[0].ToText());

    [Fact]
    public void A_line_of_any_length_or_content_does_not_reach_the_terminal_as_it_is()
    {
        string text = new ConfigurationProblem("", "f", 1, 500, "m", null, new string('x', 499) + "\u001b[31m" + new string('y', 5_000)).ToText();
        Assert.DoesNotContain('\u001b', text);
        Assert.True(text.Length < 500);
        Assert.Equal('^', text[^1]);
    }

    [Fact]
    public void Credentials_are_not_shown_where_they_are_refused()
    {
        string text = ConfigurationProblem.ToText(Read([.. Base, "experiment.data.test=\"s3://user:secret@host/x\""]).Errors);
        Assert.Contains("s3://***@host", text, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", text, StringComparison.Ordinal);
    }

    private static ExperimentReading Read(string[] overrides) => ExperimentFile.Parse("experiment {}", "/files/any.conf", overrides, new MemorySources());
}
