using System.Globalization;
using System.Text.RegularExpressions;
using ActorTrainer.Core.Experiments.Hocon;
using ActorTrainer.Core.Models;

namespace ActorTrainer.Core.Experiments.Binding;

/// <summary>The <c>model</c> section. Which architectures and built-in weights there are, the engine knows.</summary>
internal static partial class ModelBinder
{
    private static readonly string[] Files = [".safetensors", ".pth", ".pt", ".onnx"];

    public static ModelSettings Read(Section model)
    {
        var written = model["architecture"];
        string? architecture = written.IsNull ? null : written.Text("an architecture's name");
        if (architecture is { Length: > 0 } && !ArchitectureName().IsMatch(architecture)) written.Expected("an architecture's name, such as resnet18");
        var pretrained = model["pretrained"].IsNull ? null : Pretrained(model["pretrained"]);
        bool bringsOwn = pretrained is PretrainedSource.Builtin or PretrainedSource.Run
            || pretrained is PretrainedSource.File file && file.Location.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase);
        if (architecture is null && !bringsOwn)
            written.Expected("an architecture's name, such as resnet18 (only an .onnx file, builtin: or run: weights bring their own)");
        return new(architecture, pretrained, model["dropout"].OrNull(setting => setting.Number(NumberRange.Share)));
    }

    private static PretrainedSource Pretrained(Setting setting)
    {
        const string Expected = "a .safetensors, .pth, .pt or .onnx file, \"builtin:NAME\", \"run:NAME[@STEP|@best|@last]\" or null";
        string text = setting.Node is HoconScalar scalar ? scalar.Text : "";
        if (Builtin().Match(text) is { Success: true } builtin) return new PretrainedSource.Builtin(builtin.Groups[1].Value);
        if (Run().Match(text) is { Success: true } run && ExperimentName.IsValid(run.Groups[1].Value))
            return new PretrainedSource.Run(run.Groups[1].Value, run.Groups[2].Success ? Selector(run.Groups[2].Value) : null);
        if (text.StartsWith("builtin:", StringComparison.Ordinal) || text.StartsWith("run:", StringComparison.Ordinal)
            || text.Length > 0 && !Files.Contains(Path.GetExtension(text).ToLowerInvariant()))
        {
            setting.Expected(Expected);
        }

        return new PretrainedSource.File(setting.Location(Expected));
    }

    /// <summary>007 and 7 are one step.</summary>
    private static string Selector(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long step) ? step.ToString(CultureInfo.InvariantCulture) : text;

    [GeneratedRegex(@"\A[a-z][a-z0-9._-]{0,63}\z")]
    private static partial Regex ArchitectureName();

    [GeneratedRegex(@"\Abuiltin:([a-z0-9][a-z0-9._-]{0,63})\z")]
    private static partial Regex Builtin();

    [GeneratedRegex(@"\Arun:([^@]+)(?:@([0-9]{1,18}|best|last))?\z")]
    private static partial Regex Run();
}
