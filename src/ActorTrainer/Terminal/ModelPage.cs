using System.Globalization;
using ActorTrainer.Client;
using Spectre.Console;

namespace ActorTrainer.Terminal;

/// <summary>One model of a service for a person.</summary>
internal static class ModelPage
{
    public static void Write(IAnsiConsole console, ModelDetails model)
    {
        console.Facts(("model", model.Name), ("answers", $"{model.Answering}, {WhyOf(model)}"), ("on trial", model.Canary is null ? null : TrialOf(model.Canary)));
        Versions(console, model);
        Rules(console, model);
        History(console, model);
    }

    /// <summary>As it was said when the trial began: shares stay fractions of 1.</summary>
    public static string Share(double share) => share.ToString("0.####", CultureInfo.InvariantCulture);

    public static string TrialOf(Canary? trial) => trial is null ? "no version is on trial" : $"version {trial.Version} is given {Share(trial.Share)} of the requests that name no version";

    private static string WhyOf(ModelDetails model)
    {
        if (model.Promoted is null) return $"the newest{Of(model.Versions.Single(version => version.Version == model.Answering))}; none is promoted";
        var chosen = model.History.LastOrDefault(decided => decided.Version == model.Promoted && decided.Decision is "promoted" or "promoted-by-rule");
        return chosen is null ? "promoted" : $"{TextOf(chosen)} on {Format.Time(chosen.At)}";

        // One whose rule has not held, or was not applied yet, is passed over.
        string Of(ModelVersion answering) => answering == model.Versions[0] ? "" : answering.PromoteIf is null ? " without a rule" : " whose rule was applied";
    }

    private static void Versions(IAnsiConsole console, ModelDetails model)
    {
        console.Heading("Versions");
        var table = Tables.Create("version", "", "run", ">step", ">top-1", ">loss", ">test top-1", ">test loss", ">size", "begun");
        foreach (var version in model.Versions)
        {
            table.Row(version.Version, version.Version == model.Answering ? "answers" : version.Version == model.Canary?.Version ? "on trial" : "", version.Run, Format.Count(version.Step),
                Number(version.Validation?.Top1, Format.Fraction), Number(version.Validation?.Loss, Format.Loss), Number(version.Test?.Top1, Format.Fraction), Number(version.Test?.Loss, Format.Loss),
                Format.Bytes(version.Bytes), Format.Time(version.Created));
        }

        console.Write(table);
    }

    private static void Rules(IAnsiConsole console, ModelDetails model)
    {
        if (model.Versions.All(version => version.PromoteIf is null)) return;
        console.Heading("Rules");
        var table = Tables.Create("version", "is promoted if", "");
        foreach (var version in model.Versions.Where(version => version.PromoteIf is not null))
        {
            table.Row(version.Version, version.PromoteIf!, version.Rule is not { } verdict ? "yet to be applied" : verdict.Promoted ? "has held" : "has not held");
        }

        console.Write(table);
    }

    private static void History(IAnsiConsole console, ModelDetails model)
    {
        if (model.History.IsEmpty) return;
        console.Heading("What was decided");
        var table = Tables.Create("when", "version", "what", "why");
        foreach (var decided in model.History) table.Row(Format.Time(decided.At), decided.Version, TextOf(decided), decided.Reason ?? "");
        console.Write(table);
    }

    /// <summary>What a newer service decides is told by its own name.</summary>
    private static string TextOf(ModelDecision decided) => decided.Decision switch
    {
        "promoted" => "promoted by hand",
        "promoted-by-rule" => "promoted by its rule",
        "refused-by-rule" => "not promoted by its rule",
        "rolled-back" => "promotion taken back",
        "canary-began" => $"trial began, share {Share(decided.Share ?? 0)}",
        "canary-ended" => "trial ended",
        var other => other,
    };

    private static string Number(double? value, Func<double, string> text) => value is { } there ? text(there) : "-";
}
