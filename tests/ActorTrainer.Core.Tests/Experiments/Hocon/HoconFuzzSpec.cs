using System.Text;
using ActorTrainer.Core.Experiments;
using CsCheck;

namespace ActorTrainer.Core.Tests.Experiments.Hocon;

/// <summary>Whatever stands in a file, reading answers with settings or with errors that have a place; it never throws and never hangs.</summary>
public class HoconFuzzSpec
{
    private static readonly string[] Fragments =
    [
        "{", "}", "[", "]", ",", "=", ":", "+=", "\n", "\r\n", " ", "#", "//", "\"", "\"\"\"", "\\", "\\u12", "${", "${?", "${a}", "${?a.b}", "a", "b", "a.b", ".", "..",
        "include ", "include \"main.conf\"", "include file(\"x\")", "required(", ")", "null", "true", "1", "-1", "1e999", "99999999999999999999", "0x", "*", "$", "\0", "\uD800", "\uFEFF", "é",
        "experiment", "experiment {", "data", "train", "phases", "epochs", "augment", "resize", "classes", "normalize", "mean", "learning-rate-scale", "early-stopping",
    ];

    private static readonly string Valid = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "config", "reference.conf"))
        + File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "config", "pretrain-then-transfer.conf"));

    [Fact]
    public void Random_fragments_give_errors_or_settings() =>
        Gen.Int[0, Fragments.Length - 1].Array[0, 60].Select(picks => string.Concat(picks.Select(pick => Fragments[pick]))).Sample(Survives, iter: 10_000);

    [Fact]
    public void Random_bytes_give_errors_or_settings() =>
        Gen.Byte.Array[0, 300].Select(bytes => Encoding.Latin1.GetString(bytes)).Sample(Survives, iter: 5_000);

    [Fact]
    public void A_valid_file_with_pieces_cut_moved_and_put_in_gives_errors_or_settings() =>
        Gen.Select(Gen.Int[0, Valid.Length - 1], Gen.Int[0, 40], Gen.Int[0, Valid.Length - 1], Gen.Int[0, Fragments.Length - 1])
            .Array[1, 6]
            .Select(edits => edits.Aggregate(Valid, (text, edit) =>
            {
                int at = Math.Min(edit.Item1, text.Length);
                text = text.Remove(at, Math.Min(edit.Item2, text.Length - at));
                return text.Insert(Math.Min(edit.Item3, text.Length), Fragments[edit.Item4]);
            }))
            .Sample(Survives, iter: 300);

    [Fact]
    public void Random_overrides_give_errors_or_settings() =>
        Gen.Int[0, Fragments.Length - 1].Array[1, 12].Array[1, 3].Sample(overrides => Survives(ExperimentFile.Parse("experiment { data.classes = [a, b] }", Read.File,
            [.. overrides.Select(picks => string.Concat(picks.Select(pick => Fragments[pick])))], new MemorySources())), iter: 3_000);

    [Fact]
    public void Random_values_at_every_known_key_give_errors_or_settings()
    {
        string[] values = ["null", "-1", "0", "1e300", "1e999", "x", "\"\"", "[]", "{}", "[[]]", "[{}]", "[null]", "{ a = [1, x] }", "\"\\u0000\"", "true", "[1, 2]", "\"a://b:c@d\"", "99999999999999999999"];
        string[] keys = [.. new ExperimentConfiguration(Some.Settings()).Entries.Select(entry => entry.Key)];
        Gen.Select(Gen.Int[0, keys.Length - 1], Gen.Int[0, values.Length - 1]).Array[1, 4].Sample(
            edits => Survives(ExperimentFile.Parse(new ExperimentConfiguration(Some.Settings()).Text, Read.File,
                [.. edits.Select(edit => $"{keys[edit.Item1]}={values[edit.Item2]}")], new MemorySources())), iter: 1_000);
    }

    private static void Survives(string text) => Survives(ExperimentFile.Parse(text, Read.File, sources: new MemorySources { Files = { [Read.File] = text, ["/files/x"] = "a = ${b}" } }));

    private static void Survives(ExperimentReading reading)
    {
        Assert.Equal(reading.IsValid, reading.Errors.IsEmpty);
        Assert.All(reading.Errors.Concat(reading.Warnings), problem =>
        {
            Assert.True(problem.Line > 0 && problem.Column > 0 && problem.Message.Length > 0);
            Assert.NotEmpty(problem.ToText());
        });
    }
}
