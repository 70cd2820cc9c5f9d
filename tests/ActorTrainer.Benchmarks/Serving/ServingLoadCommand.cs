using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using ActorTrainer.Benchmarks.Processes;
using ActorTrainer.Core;
using ActorTrainer.Torch.Devices;

namespace ActorTrainer.Benchmarks.Serving;

/// <summary>How hard a gateway is asked.</summary>
/// <param name="Requests">Of the open loop; a fourth as many find out before what it can do.</param>
/// <param name="Clients">That find it out: each waits for its answer.</param>
/// <param name="Share">Of that speed, for the open loop.</param>
/// <param name="Swaps">How often the version that answers is changed meanwhile.</param>
internal sealed record ServingLoad(int Requests, int Clients, double Share, int Swaps);

/// <summary>
/// Pictures over HTTP, as they come (an open loop), while the version that answers changes again and again: how long answers take, and whether any is missing or wrong.
/// </summary>
internal static class ServingLoadCommand
{
    public static Command Create()
    {
        var data = new Argument<string>("DATA") { Description = "Grey pictures in class folders, such as config/data/digits.zip/train, for the two versions of a model" };
        var requests = new Option<int>("--requests") { DefaultValueFactory = _ => 20_000 };
        var clients = new Option<int>("--clients") { DefaultValueFactory = _ => 32, Description = "That find out what the gateway can do" };
        var share = new Option<double>("--share") { DefaultValueFactory = _ => 0.7, Description = "Of that, for the requests that come as they come" };
        var swaps = new Option<int>("--swaps") { DefaultValueFactory = _ => 20, Description = "Changes of version meanwhile" };
        var command = new Command("serving-load", "Predictions over HTTP under load while the version changes") { data, requests, clients, share, swaps };
        command.SetAction(async (parsed, cancel) =>
        {
            NativeEnvironment.Prepare();
            using var model = await TrainedModel.TrainAsync(Path.GetFullPath(parsed.GetRequiredValue(data)), 2, cancel).ConfigureAwait(false);
            var load = new ServingLoad(parsed.GetValue(requests), parsed.GetValue(clients), parsed.GetValue(share), parsed.GetValue(swaps));
            var result = await RunAsync(model.Runs, TrainedModel.Name, load, cancel).ConfigureAwait(false);
            Print(result);
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(result, CoreJson.Options)).ConfigureAwait(false);
            return result.Failed + result.Wrong == 0 ? 0 : 1;
        });
        return command;
    }

    /// <param name="model">A model of the folder with at least two versions.</param>
    public static async Task<ServingLoadResult> RunAsync(string runs, string model, ServingLoad load, CancellationToken cancel)
    {
        await using var node = await NodeProcess.StartAsync(runs).ConfigureAwait(false);
        using var versions = await TwoVersions.OfAsync(node.Url, model, cancel).ConfigureAwait(false);
        double capacity = await CapacityAsync(versions, load).ConfigureAwait(false);
        versions.Forget();
        int every = Math.Max(1, load.Requests / (load.Swaps + 1));
        var swapping = Task.CompletedTask;
        var waited = await Arrivals.AtAsync(capacity * load.Share, load.Requests, 1, number =>
        {
            if (number % every == every - 1 && swapping.IsCompleted) swapping = versions.SwapAsync(cancel);
            return versions.AskAsync(number, cancel);
        }).ConfigureAwait(false);
        await swapping.ConfigureAwait(false);
        return new(Machine.Here(), load, capacity, Latencies.Of(waited), versions.Swaps, versions.Retried, versions.Failed, versions.Wrong, versions.FirstFailure);
    }

    /// <summary>Answers a second.</summary>
    private static async Task<double> CapacityAsync(TwoVersions versions, ServingLoad load)
    {
        int requests = Math.Max(load.Clients, load.Requests / 4), left = requests;
        long began = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, load.Clients).Select(async _ =>
        {
            while (Interlocked.Decrement(ref left) is >= 0 and var number) await versions.AskAsync(number, CancellationToken.None).ConfigureAwait(false);
        })).ConfigureAwait(false);
        return requests / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    private static void Print(ServingLoadResult result)
    {
        var text = Console.Error;
        text.WriteLine(result.Machine);
        text.WriteLine($"{result.Capacity:0} answers a second for {result.Load.Clients} clients that wait for them");
        text.WriteLine($"{result.Load.Requests} requests at {result.Load.Share:0 %} of that, as they come: median {1000 * result.Waited.Median:0.0} ms, the slowest hundredth {1000 * result.Waited.P99:0.0} ms or more");
        text.WriteLine($"{result.Swaps} changes of version; asked again {result.Retried}, failed for good {result.Failed}, wrong {result.Wrong}{(result.FirstFailure is { } first ? $": {first}" : "")}");
    }
}

/// <param name="Capacity">Answers a second for clients that wait.</param>
/// <param name="Waited">From the moment that each request was due.</param>
/// <param name="Retried">Refused once, and answered when asked again.</param>
/// <param name="Failed">Not answered the second time either.</param>
/// <param name="Wrong">Answered with other numbers than the version's, or by a version that had been replaced before the request was sent.</param>
/// <param name="FirstFailure">For people; null: there was none.</param>
internal sealed record ServingLoadResult(Machine Machine, ServingLoad Load, double Capacity, Latencies Waited, int Swaps, int Retried, int Failed, int Wrong, string? FirstFailure);
