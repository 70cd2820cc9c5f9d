using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Data.Inspection;

namespace ActorTrainer.Commands;

/// <summary>The experiment file that <c>new</c> writes: transfer learning from ImageNet, first the head, then everything.</summary>
internal static class ExperimentTemplate
{
    private static readonly JsonSerializerOptions Quoting = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly string[] ValidationNames = ["val", "valid", "validation"], TestNames = ["test", "testing"];

    public static string Write(FolderInspection seen, string file)
    {
        string name = NameFrom(Path.GetFileNameWithoutExtension(file));
        bool nameIsTheFiles = name == Path.GetFileNameWithoutExtension(file);
        string? validation = PartOf(seen, ValidationNames), test = PartOf(seen, TestNames);
        int batch = seen.Pictures switch { < 200 => 8, < 2000 => 16, < 20_000 => 32, _ => 64 };
        int epochs = seen.Pictures switch { < 1000 => 12, < 10_000 => 8, < 50_000 => 5, _ => 3 };
        string share = (seen.Pictures switch { < 1000 => 0.2, < 20_000 => 0.1, _ => 0.05 }).ToString(CultureInfo.InvariantCulture);
        string command = Path.GetRelativePath(Environment.CurrentDirectory, file);
        return $$"""
            # {{Summary(seen)}}
            #
            #   actortrainer check {{command}} --data     what it will do, how long it takes, and a picture of one batch
            #   actortrainer run {{command}}              trains; run it again after any interruption and it goes on
            #   actortrainer predict {{name}} PATH        says what other pictures show
            #
            # Every key that can stand here, with its default: config/reference.conf.

            experiment {
            {{(nameIsTheFiles ? "" : $"  name = {Quote(name)}\n")}}  seed = 42                       # everything random follows from it: the same file gives the same weights

              data {
                train = {{Quote(Location(seen.Root, file))}}
                validation = {{(validation is null ? $"{share}              # this share of the pictures, drawn by the seed, chooses the best epoch" : Quote(Location(validation, file)))}}
                test = {{(test is null ? "null                   # pictures that training never sees, measured once at the end: a folder like train" : Quote(Location(test, file)))}}
                image-size = 224
                augment = [                   # what makes every epoch a little different; take away what would change a picture's class
                  { random-resized-crop { size = 224, scale = [0.7, 1] } }
                  { horizontal-flip {} }
                ]
                evaluate = [{ resize = 256 }, { center-crop = 224 }]
                on-corrupt-file = {{(seen.Unreadable.IsEmpty ? "fail        # a picture that can't be read stops before training; skip leaves it out" : "skip        # pictures that can't be read are left out and named")}}
              }

              # A ResNet-18 that has seen ImageNet and comes with the program; its head is made anew for these {{seen.Classes.Length}} classes.
              model { pretrained = "builtin:resnet18-imagenet" }

              training {
                global-batch-size = {{batch}}
                optimizer { type = sgd, momentum = 0.9, weight-decay = 0.0005 }
                loss.label-smoothing = 0.1
                phases = [
                  # The new head alone, while what it stands on is held still.
                  {
                    name = head, epochs = {{Math.Max(2, epochs / 2)}}, trainable = [head], batch-norm = frozen
                    optimizer { learning-rate = 0.02 }
                  }
                  # Then everything, slowly; the head still learns faster than the rest.
                  {
                    name = fine-tune, epochs = {{epochs}}, trainable = [all], batch-norm = frozen
                    optimizer { learning-rate = 0.0005 }
                    learning-rate-scale { head = 20 }
                    schedule { type = cosine, warm-up-epochs = 1 }
                  }
                ]
              }

              checkpoint { keep-last = 2 }
            }

            """.ReplaceLineEndings("\n");
    }

    /// <summary>A name that experiments may have, as near to the text as possible.</summary>
    public static string NameFrom(string text)
    {
        if (text.EndsWith(".zip", StringComparison.OrdinalIgnoreCase)) text = text[..^4];
        var name = new StringBuilder();
        foreach (char c in text.ToLowerInvariant())
        {
            if (char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '_') name.Append(c);
            else if (name.Length > 0 && name[^1] != '-') name.Append('-');
        }

        string made = name.ToString().Trim('-', '.', '_');
        if (made.Length > 40) made = made[..40].TrimEnd('-', '.', '_');
        return ExperimentName.IsValid(made) ? made : "pictures";
    }

    private static string Summary(FolderInspection seen)
    {
        const int Named = 12;
        string classes = string.Join(", ", seen.Classes.Take(Named).Select(entry => $"{Visible(entry.Name)} ({entry.Pictures.ToString(CultureInfo.InvariantCulture)})"));
        return $"{seen.Pictures} pictures of {seen.Classes.Length} classes: {classes}{(seen.Classes.Length > Named ? ", ..." : "")}.";
    }

    /// <summary>A folder's name must not end the comment it stands in.</summary>
    private static string Visible(string name) => string.Concat(name.Select(c => char.IsControl(c) ? '?' : c));

    private static string? PartOf(FolderInspection seen, string[] names) =>
        seen.Parts.FirstOrDefault(part => names.Contains(part, StringComparer.OrdinalIgnoreCase)) is { } part ? $"{seen.Location.TrimEnd('/')}/{part}" : null;

    /// <summary>Relative where the data stand beside or below the file, so that both can move together; else absolute.</summary>
    private static string Location(string path, string file)
    {
        string relative = Path.GetRelativePath(Path.GetDirectoryName(file)!, path).Replace(Path.DirectorySeparatorChar, '/');
        return relative.StartsWith("..", StringComparison.Ordinal) ? Path.GetFullPath(path) : relative;
    }

    private static string Quote(string text) => JsonSerializer.Serialize(text, Quoting);
}
