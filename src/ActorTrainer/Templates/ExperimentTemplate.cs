using System.Collections.Immutable;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace ActorTrainer.Templates;

/// <summary>An experiment file to begin with, for somebody's pictures: commented, valid, ready to run.</summary>
/// <param name="Id">As addresses name it.</param>
/// <param name="Title">For a person.</param>
internal sealed record ExperimentTemplate(string Id, string Title, string Description)
{
    private static readonly JsonSerializerOptions Quoting = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static ExperimentTemplate Transfer { get; } = new("transfer", "Transfer learning", "A ResNet-18 that has seen ImageNet: first a new head, then everything, slowly. The best result for photos and drawings.");

    public static ExperimentTemplate Head { get; } = new("head", "A new head only", "The same network held still, and only its last layer learns: a first answer in a fraction of the time.");

    public static ExperimentTemplate Scratch { get; } = new("scratch", "From scratch", "A network that has seen nothing yet: for pictures that are unlike photos, or small ones.");

    public static ImmutableArray<ExperimentTemplate> All { get; } = [Transfer, Head, Scratch];

    public string Write(TemplateData data)
    {
        int epochs = data.Pictures switch { < 1000 => 12, < 10_000 => 8, < 50_000 => 5, _ => 3 };
        return (this == Scratch ? Untrained(data) : Pretrained(data, this == Transfer ? epochs : null, Math.Max(2, epochs / 2))).ReplaceLineEndings("\n");
    }

    /// <param name="fineTune">Epochs of the second phase; null: there is none.</param>
    private static string Pretrained(TemplateData data, int? fineTune, int head) =>
        $$"""
        {{Heading(data)}}
        experiment {
        {{Name(data)}}  seed = 42                       # everything random follows from it: the same file gives the same weights

          data {
        {{Parts(data)}}
            image-size = 224
            augment = [                   # what makes every epoch a little different; take away what would change a picture's class
              { random-resized-crop { size = 224, scale = [0.7, 1] } }
              { horizontal-flip {} }
            ]
            evaluate = [{ resize = 256 }, { center-crop = 224 }]
            on-corrupt-file = {{OnCorruptFile(data)}}
          }

          # A ResNet-18 that has seen ImageNet and comes with the program; its head is made anew for these {{data.Classes.Length}} classes.
          model { pretrained = "builtin:resnet18-imagenet" }

          training {
            global-batch-size = {{BatchSize(data)}}
            optimizer { type = sgd, momentum = 0.9, weight-decay = 0.0005 }
            loss.label-smoothing = 0.1
            phases = [
              # The new head alone, while what it stands on is held still.
              {
                name = head, epochs = {{head}}, trainable = [head], batch-norm = frozen
                optimizer { learning-rate = 0.02 }
              }
        {{(fineTune is not { } epochs ? "" : $$"""
              # Then everything, slowly; the head still learns faster than the rest.
              {
                name = fine-tune, epochs = {{epochs}}, trainable = [all], batch-norm = frozen
                optimizer { learning-rate = 0.0005 }
                learning-rate-scale { head = 20 }
                schedule { type = cosine, warm-up-epochs = 1 }
              }

        """)}}    ]
          }

          checkpoint { keep-last = 2 }
        }

        """;

    /// <summary>Small pictures for a small network; grey ones with one channel.</summary>
    private static string Untrained(TemplateData data)
    {
        const int Small = 48;
        bool isSmall = data.Side <= Small;
        int size = isSmall ? 32 : 128;
        return $$"""
            {{Heading(data)}}
            experiment {
            {{Name(data)}}  seed = 42                       # everything random follows from it: the same file gives the same weights

              data {
            {{Parts(data)}}
                channels = {{(data.IsGrey ? "1                  # none of the pictures has colour" : "3")}}
                image-size = {{size}}
                augment = [                   # what makes every epoch a little different; take away what would change a picture's class
                  { resize = [{{size}}, {{size}}] }
                  { random-crop { size = {{size}}, padding = {{size / 16}} } }
                ]
                evaluate = [{ resize = [{{size}}, {{size}}] }]
                on-corrupt-file = {{OnCorruptFile(data)}}
              }

              model.architecture = {{(isSmall ? "lenet5" : "resnet18")}}

              training {
                global-batch-size = {{BatchSize(data)}}
                gradient-clip = 1
                optimizer { type = sgd, learning-rate = 0.02, momentum = 0.9, nesterov = true, weight-decay = 0.0005 }
                schedule { type = cosine, warm-up-epochs = 1 }
                phases = [ { epochs = 30 } ]
              }

              checkpoint { keep-last = 2 }
            }

            """;
    }

    private static string Heading(TemplateData data) => string.Concat(data.Heading.Select(line => line.Length == 0 ? "#\n" : $"# {line}\n"));

    private static string Name(TemplateData data) => data.Name is { } name ? $"  name = {Quote(name)}\n" : "";

    private static string Parts(TemplateData data)
    {
        string share = (data.Pictures switch { < 1000 => 0.2, < 20_000 => 0.1, _ => 0.05 }).ToString(CultureInfo.InvariantCulture);
        return $"""
                train = {Quote(data.Train)}
                validation = {(data.Validation is { } validation ? Quote(validation) : $"{share}              # this share of the pictures, drawn by the seed, chooses the best epoch")}
                test = {(data.Test is { } test ? Quote(test) : "null                   # pictures that training never sees, measured once at the end: a folder like train")}
            """;
    }

    private static string OnCorruptFile(TemplateData data) => data.HasUnreadable
        ? "skip        # pictures that can't be read are left out and named" : "fail        # a picture that can't be read stops before training; skip leaves it out";

    private static int BatchSize(TemplateData data) => data.Pictures switch { < 200 => 8, < 2000 => 16, < 20_000 => 32, _ => 64 };

    private static string Quote(string text) => JsonSerializer.Serialize(text, Quoting);
}
