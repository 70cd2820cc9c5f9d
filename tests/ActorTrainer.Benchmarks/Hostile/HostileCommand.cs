using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ActorTrainer.Benchmarks.Processes;
using ActorTrainer.Core;
using ActorTrainer.Torch.Devices;

namespace ActorTrainer.Benchmarks.Hostile;

/// <summary>Random, cut off and hostile requests against a gateway: it neither falls nor fills up, and says a 500 to none.</summary>
internal static partial class HostileCommand
{
    private const int Side = 32, Channels = 1, Parts = 10;

    public static Command Create()
    {
        var data = new Argument<string>("DATA") { Description = "Grey pictures in class folders, such as config/data/digits.zip/train, for the model that is asked" };
        var requests = new Option<int>("--requests") { DefaultValueFactory = _ => 100_000 };
        var seed = new Option<ulong>("--seed") { DefaultValueFactory = _ => 1, Description = "Which requests: the same number gives the same" };
        var command = new Command("hostile", "Random, cut off and hostile requests against a gateway process") { data, requests, seed };
        command.SetAction(async (parsed, cancel) =>
        {
            NativeEnvironment.Prepare();
            using var model = await TrainedModel.TrainAsync(Path.GetFullPath(parsed.GetRequiredValue(data)), 2, cancel).ConfigureAwait(false);
            var result = await RunAsync(model.Runs, TrainedModel.Name, parsed.GetValue(requests), parsed.GetValue(seed), cancel).ConfigureAwait(false);
            Print(result);
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(result, CoreJson.Options)).ConfigureAwait(false);
            return result.Failures.IsEmpty ? 0 : 1;
        });
        return command;
    }

    /// <param name="model">A run of the folder that takes grey pictures of 32 x 32.</param>
    public static async Task<HostileResult> RunAsync(string runs, string model, int requests, ulong seed, CancellationToken cancel)
    {
        await using var gateway = await NodeProcess.StartAsync(runs).ConfigureAwait(false);
        using var siege = new Siege(gateway, seed, model, await VersionsAsync(gateway, model, cancel).ConfigureAwait(false), Side, Channels);
        var footprints = ImmutableArray.CreateBuilder<SiegeFootprint>(Parts);
        for (int part = 0; part < Parts && !gateway.HasEnded; part++)
        {
            await siege.SendAsync(requests * part / Parts, requests * (part + 1) / Parts, cancel).ConfigureAwait(false);
            if (!gateway.HasEnded) footprints.Add(new(requests * (part + 1) / Parts, gateway.ResidentBytes(), gateway.Handles()));
        }

        var failures = siege.Failures.ToList();
        if (gateway.HasEnded) failures.Add($"It ended. It said:\n{gateway.Said}");
        else await LeaveAsync(gateway, runs, failures).ConfigureAwait(false);
        failures.AddRange(siege.Failures.Where(failure => Id().Match(failure) is { Success: true } id && !gateway.Said.Contains(id.Groups[1].Value, StringComparison.Ordinal)).Select(failure => $"not on its stderr: {failure}"));
        return new(Machine.Here(), requests, seed, siege.Statuses.ToImmutableSortedDictionary(), footprints.ToImmutable(), [.. failures]);
    }

    private static async Task<ImmutableArray<string>> VersionsAsync(NodeProcess gateway, string model, CancellationToken cancel)
    {
        using var http = new HttpClient { BaseAddress = gateway.Url };
        var shown = await http.GetFromJsonAsync<JsonObject>($"/v1/models/{model}", cancel).ConfigureAwait(false);
        return [.. shown!["versions"]!.AsArray().Select(version => (string)version!["version"]!)];
    }

    /// <summary>It still answers, ends when asked to, and leaves neither port nor unfinished file behind.</summary>
    private static async Task LeaveAsync(NodeProcess gateway, string runs, List<string> failures)
    {
        using (var http = new HttpClient { BaseAddress = gateway.Url })
        {
            if (await http.GetStringAsync("/health").ConfigureAwait(false) != "ok") failures.Add("/health does not say ok");
        }

        if (await gateway.StopAsync().ConfigureAwait(false) is var code && code is not (0 or 130 or 143)) failures.Add($"It ended with {code?.ToString(CultureInfo.InvariantCulture) ?? "nothing: it had to be killed"}. It said:\n{gateway.Said}");
        failures.AddRange(Directory.EnumerateFiles(runs, ".upload-*", SearchOption.AllDirectories).Select(file => $"left behind: {file}"));
        if (Directory.Exists(Path.Combine(runs, "..", "evil")) || Directory.Exists("/etc/evil")) failures.Add("A zip's entry left its folder.");
        try
        {
            using var again = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            again.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            again.Bind(new IPEndPoint(IPAddress.Loopback, gateway.Url.Port));
        }
        catch (SocketException e)
        {
            failures.Add($"Its port is still taken: {e.Message}");
        }
    }

    private static void Print(HostileResult result)
    {
        var text = Console.Error;
        text.WriteLine(result.Machine);
        text.WriteLine($"{result.Requests} requests, seed {result.Seed}: {string.Join(", ", result.Statuses.Select(status => $"{(status.Key == 0 ? "closed" : status.Key)} x {status.Value}"))}");
        text.WriteLine($"{"after",8}{"resident MB",14}{"handles",10}");
        foreach (var seen in result.Footprints) text.WriteLine($"{seen.Requests,8}{seen.ResidentBytes / 1e6,14:0.0}{seen.Handles,10}");
        text.WriteLine($"resident, last / first tenth: {result.LastToFirst:0.000}; failures: {result.Failures.Length}");
        foreach (string failure in result.Failures.Take(20)) text.WriteLine(failure.Length > 2000 ? failure[..2000] : failure);
    }

    [GeneratedRegex(@"of request (\S+?)\.""")]
    private static partial Regex Id();
}

/// <summary>What the gateway held after so many requests.</summary>
internal sealed record SiegeFootprint(int Requests, long ResidentBytes, int Handles);

/// <param name="Statuses">How many answers had each; 0: closed without one.</param>
/// <param name="Failures">For people; none: it stood.</param>
internal sealed record HostileResult(Machine Machine, int Requests, ulong Seed, ImmutableSortedDictionary<int, int> Statuses, ImmutableArray<SiegeFootprint> Footprints, ImmutableArray<string> Failures)
{
    /// <summary>Resident memory after the last tenth, by that after the first.</summary>
    public double LastToFirst => Footprints.IsEmpty ? double.NaN : (double)Footprints[^1].ResidentBytes / Footprints[0].ResidentBytes;
}
