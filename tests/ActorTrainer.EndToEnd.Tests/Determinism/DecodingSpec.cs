using ActorTrainer.EndToEnd.Tests.Processes;

namespace ActorTrainer.EndToEnd.Tests.Determinism;

/// <summary>Fast decoding is another experiment than exact decoding, as reproducible, and the model's own from then on.</summary>
[Collection(ProcessTests.Name)]
public sealed class DecodingSpec
{
    private static readonly string Clipart = Repository.Path("config", "data", "clipart.zip");

    [Fact]
    public async Task Fast_decoding_gives_bits_of_its_own_every_time_and_is_what_the_model_is_evaluated_with()
    {
        using var workshop = new Workshop();
        workshop.Write("tiny.conf",
            $$"""
            experiment {
              name = {{Workshop.Tiny}}
              seed = 1
              data {
                train = "{{Clipart}}/train", test = "{{Clipart}}/test", image-size = 32, normalize = none
                augment = [ { random-resized-crop {} }, { horizontal-flip {} } ]
                evaluate = [ { resize = 36 }, { center-crop = 32 } ]
              }
              model.architecture = lenet5
              training { global-batch-size = 32, phases = [ { epochs = 1 } ] }
              resources.threads = 1
            }
            """);
        var exact = (await workshop.Train("--set", "experiment.name=exact")).Completes();

        var fast = (await workshop.Train("--set", "experiment.data.decode=fast", "--set", "experiment.data.loader-threads=1")).Completes();
        var again = (await workshop.Train("--set", "experiment.data.decode=fast", "--set", "experiment.data.loader-threads=4", "--set", "experiment.data.cache-mib=64", "--set", "experiment.name=again")).Completes();

        Assert.Equal(fast.Digest, again.Digest);
        Assert.NotEqual(exact.Digest, fast.Digest);
        (await workshop.Train()).Refuses(2, "experiment.data.decode");
        var shown = Assert.Single((await workshop.Ask("show", Workshop.Tiny, "--json")).Completes().Lines);
        var evaluated = Assert.Single((await workshop.Ask("evaluate", Workshop.Tiny, $"{Clipart}/test", "--json")).Completes().Lines);
        Assert.Equal((double)shown["test"]!["loss"]!, (double)evaluated["loss"]!);
    }
}
