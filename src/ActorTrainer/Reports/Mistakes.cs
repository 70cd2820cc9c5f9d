using System.Collections.Immutable;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Evaluation;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Training;
using ActorTrainer.Data.Inspection;
using ActorTrainer.Hosting;
using ActorTrainer.Journal;

namespace ActorTrainer.Reports;

/// <summary>A wrong answer, with the picture.</summary>
/// <param name="Loss">The cross-entropy: how sure it was of something else.</param>
/// <param name="Picture">A data URI; null where the picture can't be made.</param>
internal sealed record Mistake(string Path, string Truth, string Said, double Probability, double Loss, string? Picture);

/// <summary>The most confident wrong answers of a run's best checkpoint on its test set, else on its validation set.</summary>
/// <param name="Set">"test" or "validation".</param>
/// <param name="Wrong">Wrong answers in all.</param>
internal sealed record Mistakes(string Set, int Samples, int Wrong, ImmutableArray<Mistake> Worst)
{
    private const int Most = 24, Side = 160;

    /// <summary>Answers the set again. Null with a reason where that can't be done.</summary>
    public static (Mistakes? Found, string? Why) Find(Services services, RunsFolder runs, RunEntry run, Action<string> notice, IProgress<DataProgress>? progress, CancellationToken cancel)
    {
        if (run.Experiment.Best is null) return (null, "Nothing is committed yet.");
        var reading = ExperimentFile.Parse(run.Experiment.Definition.EffectiveConfiguration, "effective.conf", sources: ConfigurationSources.Isolated);
        if (reading.Configuration is not { Settings: var settings }) return (null, "The stored configuration was written by another version.");
        var phase = settings.Training.Phases[^1].Data;
        bool isTest = phase.Test is not null;
        string? location = phase.Test ?? (phase.Validation switch { ValidationSource.At at => at.Location, ValidationSource.Share => phase.Train, _ => null });
        if (location is null) return (null, "The experiment has neither a test nor a validation set.");
        try
        {
            using var data = services.Data().Open(location, phase.Classes, progress, cancel);
            var identity = run.Experiment.Definition.Phases[^1] is var last && isTest ? last.Test : last.Validation;
            if (identity is not null && identity.ManifestHash != data.Manifest.Hash) return (null, $"{location} is no longer what the run was measured on.");
            var chosen = !isTest && phase.Validation is ValidationSource.Share share ? Split.ByShare(data.Manifest, share.Fraction, settings.Seed).Validation : [.. Enumerable.Range(0, data.Manifest.Samples.Length)];
            // Chosen last and with its retry: a run that goes on may have retired by now what was the best when the report began.
            if (new RunWeights(runs).Choose(run.Name, CheckpointChoice.Best) is not { } best) return (null, "The run is no longer there.");
            using var model = LoadedModel.Open(services, runs, best.Run, best.Content, notice);
            return (Find(model, data, chosen, isTest ? "test" : "validation", cancel), null);
        }
        catch (Exception e) when (e is DataException or EngineException or Core.Checkpoints.CheckpointDamagedException or CheckpointNotFoundException)
        {
            return (null, e.Message);
        }
    }

    private static Mistakes Find(LoadedModel model, IDataSet data, ImmutableArray<int> chosen, string set, CancellationToken cancel)
    {
        var classes = model.Description.Classes;
        var wrong = new List<(int Sample, int Truth, ClassProbability Said, double Loss)>();
        foreach (var answer in model.Answer(data, chosen, classes, cancel))
        {
            for (int i = 0; i < answer.Samples.Length; i++)
            {
                var logits = answer.Of(i);
                if (answer.Weights[i] == 0 || Ranking.Best(logits) is not { } said || said == answer.Labels[i]) continue;
                wrong.Add((answer.Samples[i], answer.Labels[i], Ranking.Top(logits, 1)[0], Softmax.NegativeLogOf(logits, answer.Labels[i])));
            }
        }

        var worst = wrong.OrderByDescending(w => w.Loss).ThenBy(w => w.Sample).Take(Most).Select(w => new Mistake(
            data.Manifest.Samples[w.Sample].Path, classes[w.Truth], classes[w.Said.Class], w.Said.Probability, w.Loss, Picture(data, w.Sample, model.Description.Background)));
        return new(set, chosen.Length, wrong.Count, [.. worst]);
    }

    private static string? Picture(IDataSet data, int sample, Rgb background) =>
        Thumbnail.Of(data, sample, Side, background) is var (bytes, type) ? $"data:{type};base64,{Convert.ToBase64String(bytes)}" : null;
}
