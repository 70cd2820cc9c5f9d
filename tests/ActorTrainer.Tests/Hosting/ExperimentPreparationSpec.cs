using System.Collections.Immutable;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;
using ActorTrainer.Data;
using ActorTrainer.Hosting;
using SkiaSharp;
using static ActorTrainer.Core.Experiments.ExperimentEvents;

namespace ActorTrainer.Tests.Hosting;

public sealed class ExperimentPreparationSpec : IDisposable
{
    private const string Note = "weights.pth: the head (1000 classes) is replaced by a new one for 2 classes, drawn by seed.";
    private readonly TemporaryFolder _folder = new();
    private readonly ExperimentConfiguration _configuration;
    private readonly NotingEngine _engine = new();

    public ExperimentPreparationSpec()
    {
        Pictures.Write(_folder["set/crow"], 4, SKColors.Black);
        Pictures.Write(_folder["set/wren"], 4, SKColors.White);
        _configuration = ExperimentFile.Parse($$"""
            experiment { data { train = "{{_folder["set"]}}" }, model.architecture = lenet5, training.phases = [{ epochs = 1 }] }
            """, "x.conf").Configuration!;
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_became_of_the_pretrained_weights_is_told_at_the_first_start()
    {
        using var prepared = Prepare(null);
        Assert.Equal(Note, Assert.Single(prepared.Notices));
    }

    [Fact]
    public void Going_on_from_a_checkpoint_does_not_ask_for_them_again()
    {
        using var first = Prepare(null);
        IExperimentEvent[] begun = [new ExperimentCreated(first.Definition, Some.Noon), new CoordinatorTook("one", Some.Noon), new GenerationStarted(new(1), TrainingCursor.Start, null, 1, Some.Noon)];

        using var beforeItsFirst = Prepare(Experiment.Of(begun));
        using var after = Prepare(Experiment.Of([.. begun, Some.Committed(1)]));

        Assert.Equal(Note, Assert.Single(beforeItsFirst.Notices));
        Assert.Empty(after.Notices);
        Assert.Equal(2, _engine.Asked);
    }

    [Fact]
    public void A_run_says_how_many_trainers_its_shards_leave_idle()
    {
        using var first = Prepare(null);
        using var wider = Prepare(Experiment.Of([new ExperimentCreated(first.Definition, Some.Noon)]), _configuration.Settings with { Resources = _configuration.Settings.Resources with { MaxTrainers = 3 } });
        Assert.Contains(wider.Notices, notice => notice.StartsWith("2 of 3 trainers would stay idle", StringComparison.Ordinal));
    }

    private PreparedExperiment Prepare(Experiment? earlier) => Prepare(earlier, _configuration.Settings);

    private PreparedExperiment Prepare(Experiment? earlier, ExperimentSettings settings) => new ExperimentPreparation(new DataReader(), _engine, new NoWeights()).Prepare(
        settings, ConfigurationIdentity.Of(_configuration), earlier?.Definition, null, CancellationToken.None, earlier?.Newest is not null);

    private sealed class NotingEngine : IEngine
    {
        public int Asked { get; private set; }

        public ImmutableArray<string> TryFirstWeights(TrainingJob job, IWeightSource weights)
        {
            Asked++;
            return [Note];
        }

        public ResolvedDevice Resolve(ResourceSettings resources) => new(DeviceKind.Cpu, 0, 1);

        public ImmutableArray<PhaseJob> Describe(ExperimentSettings settings, ImmutableArray<ImmutableArray<string>> classesByPhase, IWeightSource weights) =>
        [
            .. settings.Training.Phases.Zip(classesByPhase, (phase, classes) =>
                new PhaseJob(phase, new("lenet5", null, classes, 3, 32, null, new([0], [1]), phase.Data.Evaluate, Rgb.White))),
        ];

        public string Fingerprint(TrainingJob job, IWeightSource weights) => "fingerprint";

        public ITrainSession OpenTraining(TrainingJob job, IWeightSource weights) => throw new NotSupportedException();

        public IInferenceSession OpenInference(ResolvedDevice device, IWeightSource weights) => throw new NotSupportedException();
    }

    private sealed class NoWeights : IWeightSource
    {
        public (ModelDescription Description, ImmutableArray<NamedTensor> Weights) OfRun(string name, string? selector) => throw new NotSupportedException();
    }
}
