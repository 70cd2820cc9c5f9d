using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using ActorTrainer.Benchmarks.Processes;

namespace ActorTrainer.Benchmarks.Compare;

/// <summary>What is compared with what, row by row.</summary>
/// <param name="experiment">The quickstart's file.</param>
/// <param name="pictures">A folder of JPEGs in class folders; made where it is not there.</param>
/// <param name="threads">Of libtorch and of the loaders, and workers of the peer's.</param>
internal sealed class CompareRows(CompareSizes sizes, string experiment, string pictures, int threads)
{
    private const int World = 2;
    private static readonly ImmutableArray<string> Vision = ["torch", "torchvision"];

    public ImmutableArray<CompareRow> All => [Step(), Loader(), Packed(), AllReduce(), Scaling(), Features(), Overhead(), Memory(), new StartRow(experiment, sizes.Idle).Row];

    private CompareRow Step()
    {
        string[] Ours(string precision) => ["bench", "step", "--architecture", sizes.Architecture, "--batch", $"{sizes.Batch}", "--image", $"{sizes.Image}", "--threads", $"{threads}", "--precision", precision, "--steps", $"{sizes.Steps}", "--json"];
        string[] Theirs(string mode) => [sizes.Architecture, $"{sizes.Batch}", $"{sizes.Image}", $"{threads}", mode, $"{sizes.Steps}"];
        string what = string.Create(CultureInfo.InvariantCulture, $"{sizes.Architecture}, batch {sizes.Batch}, {sizes.Image} x {sizes.Image}, {threads} threads, channels last");
        return new("step", [new($"{what}, bf16", "images/s", "at least 1.6"), new($"{what}, fp32", "images/s", "")],
            [Product(Ours("bf16")), Python("train_step.py", Theirs("bf16-nhwc"))], Vision,
            async cancel => [await SpeedsAsync(Ours("bf16"), "train_step.py", Theirs("bf16-nhwc"), cancel).ConfigureAwait(false), await SpeedsAsync(Ours("fp32"), "train_step.py", Theirs("fp32-nhwc"), cancel).ConfigureAwait(false)]);
    }

    private CompareRow Loader()
    {
        string[] ours = ["bench", "loader", pictures, "--threads", $"{threads}", "--epochs", "3", "--json"], theirs = [pictures, $"{threads}", "3"];
        return new("loader", [new("batches of 224 x 224 from JPEGs, exact decoding, random resized crop, flip", "images/s", "at least 2.0")],
            [Product(ours), Python("loader.py", theirs)], [.. Vision, "sklearn"], async cancel =>
            {
                await PicturesAsync(cancel).ConfigureAwait(false);
                return [await SpeedsAsync(ours, "loader.py", theirs, cancel).ConfigureAwait(false)];
            });
    }

    private CompareRow Packed()
    {
        string pack = pictures.TrimEnd('/') + ".pack";
        string[] packing = ["pack", pictures, pack, "--as", "raw", "--short-side", "256"], ours = ["bench", "loader", pack, "--threads", $"{threads}", "--epochs", "3", "--json"], theirs = [pictures, $"{threads}", "3"];
        return new("packed", [new("the same from raw pixels, packed with short side 256", "images/s", "at least 6")],
            [Product(packing), Product(ours), Python("loader.py", theirs)], [.. Vision, "sklearn"], async cancel =>
            {
                await PicturesAsync(cancel).ConfigureAwait(false);
                if (!Path.Exists(pack)) await Programs.OutputAsync(Programs.Product, packing, cancel).ConfigureAwait(false);
                return [await SpeedsAsync(ours, "loader.py", theirs, cancel).ConfigureAwait(false)];
            });
    }

    private CompareRow AllReduce()
    {
        string[] Ours(string transport) => ["bench", "collective", "--world", $"{World}", "--floats", $"{sizes.Floats}", "--rounds", $"{sizes.Rounds}", "--transport", transport, "--json"];
        string[] theirs = [$"{World}", $"{sizes.Floats}", $"{sizes.Rounds}"];
        string what = string.Create(CultureInfo.InvariantCulture, $"the sum of {sizes.Floats * 4 / 1e6:0.#} MB over {World} processes");
        return new("allreduce", [new($"{what}, shared memory; Gloo", "s", "at least 1.3"), new($"{what}, TCP; Gloo", "s", "at least 1.0")],
            [Product(Ours("memory")), Product(Ours("tcp")), Python("allreduce.py", theirs)], ["torch"], async cancel =>
            {
                double memory = await OfProductAsync(Ours("memory"), "seconds", cancel).ConfigureAwait(false), gloo = await OfPeerAsync("allreduce.py", theirs, "seconds", cancel).ConfigureAwait(false);
                double tcp = await OfProductAsync(Ours("tcp"), "seconds", cancel).ConfigureAwait(false);
                return [Turn.OfTimes(memory, gloo), Turn.OfTimes(tcp, gloo)];
            });
    }

    private CompareRow Scaling()
    {
        string[] alone = ["bench", "step", "--architecture", sizes.Architecture, "--batch", $"{sizes.ScalingBatch}", "--image", $"{sizes.ScalingImage}", "--threads", "1", "--steps", $"{sizes.ScalingSteps}", "--json"];
        string[] theirs = [sizes.Architecture, $"{sizes.ScalingBatch}", $"{sizes.ScalingImage}", $"{World}", $"{sizes.ScalingSteps}"];
        string what = string.Create(CultureInfo.InvariantCulture, $"{sizes.Architecture}, batch {sizes.ScalingBatch} a process, {sizes.ScalingImage} x {sizes.ScalingImage}, fp32, two nodes of one thread");
        return new("ddp", [new($"{what}; two runs side by side that do not know of each other", "images/s", "at least 0.93"), new($"{what}; DDP over Gloo", "images/s", "above 1")],
            [Product(alone) + "   # twice at once", "actortrainer node, actortrainer node --roles trainer --seed ..., actortrainer submit FILE --wait   # a run of the same on two nodes", Python("ddp.py", theirs)], Vision, async cancel =>
            {
                double two = await TwoNodes.ImagesPerSecondAsync(sizes.Architecture, sizes.ScalingBatch, sizes.ScalingImage, sizes.ScalingSteps, cancel).ConfigureAwait(false);
                double[] beside = await Task.WhenAll(Enumerable.Range(0, World).Select(_ => OfProductAsync(alone, "images_per_s", cancel))).ConfigureAwait(false);
                return [Turn.OfSpeeds(two, beside.Sum()), Turn.OfSpeeds(two, await OfPeerAsync("ddp.py", theirs, "images_per_s", cancel).ConfigureAwait(false))];
            });
    }

    /// <summary>The program takes both in turns itself: a turn here is a run of it with one round.</summary>
    private CompareRow Features()
    {
        string[] ours = ["features", "--threads", $"{threads}", "--rounds", "1", .. sizes.IsQuick ? ["--steps", "20", "--batch", "8"] : Array.Empty<string>()];
        return new("features", [new("a step of a head on cached features; on features in memory in a bare loop", "s", "at least 0.8")], [$"./ActorTrainer.Benchmarks {string.Join(' ', ours)}"], [], async cancel =>
        {
            var result = JsonNode.Parse(await Programs.OutputAsync(Programs.Benchmarks, ours, cancel).ConfigureAwait(false))!;
            return [Turn.OfTimes((double)result["cached"]!["median"]!, (double)result["in_memory"]!["median"]!)];
        });
    }

    private CompareRow Overhead()
    {
        string[] small = ["bench", "overhead", "--threads", $"{threads}", "--rounds", "1", "--json", .. sizes.IsQuick ? ["--steps", "5", "--batch", "4"] : Array.Empty<string>()];
        string[] large = ["bench", "overhead", "--architecture", sizes.Architecture, "--channels", "3", "--image", $"{sizes.ScalingImage}", "--batch", $"{sizes.Batch}", "--steps", $"{sizes.ScalingSteps}", "--threads", $"{threads}", "--rounds", "1", "--json"];
        return new("overhead", [new("a step of lenet5 through the actors; in a bare TorchSharp loop", "s", "at least 0.95"), new($"a step of {sizes.Architecture} through the actors; in a bare TorchSharp loop", "s", "at least 0.98")],
            [Product(small), Product(large)], [], async cancel => [await InTurnsAsync(small).ConfigureAwait(false), await InTurnsAsync(large).ConfigureAwait(false)]);

        static async Task<Turn> InTurnsAsync(string[] arguments)
        {
            var result = JsonNode.Parse(await Programs.OutputAsync(Programs.Product, arguments, CancellationToken.None).ConfigureAwait(false))!;
            return Turn.OfTimes((double)result["step_s"]!, (double)result["bare_step_s"]!);
        }
    }

    private CompareRow Memory()
    {
        string[] ours = ["memory", experiment, .. sizes.IsQuick ? ["--at", "2", "12"] : new[] { "--set", "experiment.training.phases.0.epochs=40" }];
        return new("memory", [new("resident memory, at the last step looked at / at the first", "", "at most 1.05")], [$"./ActorTrainer.Benchmarks {string.Join(' ', ours)}"], [], async cancel =>
            [new((double)JsonNode.Parse(await Programs.OutputAsync(Programs.Benchmarks, ours, cancel).ConfigureAwait(false))!["last_to_first"]!)]);
    }

    private async Task PicturesAsync(CancellationToken cancel)
    {
        if (!Directory.Exists(pictures)) await Programs.OutputAsync(Peers.Python, [Peers.Of("make_jpegs.py"), pictures, $"{sizes.Pictures}"], cancel).ConfigureAwait(false);
    }

    private static async Task<Turn> SpeedsAsync(string[] ours, string peer, string[] theirs, CancellationToken cancel) =>
        Turn.OfSpeeds(await OfProductAsync(ours, "images_per_s", cancel).ConfigureAwait(false), await OfPeerAsync(peer, theirs, "images_per_s", cancel).ConfigureAwait(false));

    private static async Task<double> OfProductAsync(string[] arguments, string field, CancellationToken cancel) =>
        (double)JsonNode.Parse(await Programs.OutputAsync(Programs.Product, arguments, cancel).ConfigureAwait(false))![field]!;

    private static async Task<double> OfPeerAsync(string program, string[] arguments, string field, CancellationToken cancel) =>
        (double)JsonNode.Parse(await Programs.OutputAsync(Peers.Python, [Peers.Of(program), .. arguments], cancel).ConfigureAwait(false))![field]!;

    private static string Product(string[] arguments) => $"actortrainer {string.Join(' ', arguments)}";

    private static string Python(string program, string[] arguments) => $"python3 peers/{program} {string.Join(' ', arguments)}";
}
