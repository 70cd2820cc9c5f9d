using System.Collections.Immutable;
using System.Text;
using ActorTrainer.Core.Randomness;

namespace ActorTrainer.Benchmarks.Hostile;

/// <summary>Experiment files, controls, event ids, promotions and trials, queries: whatever is text.</summary>
/// <param name="versions">Of the model: some decisions about it are taken.</param>
internal sealed class TextRequests(string model, ImmutableArray<string> versions)
{
    private const string SubmittedName = "besieged";

    private static readonly string[] Data = ["/nowhere/at/all", "dataset:set-1", "dataset:set-1/cats", "dataset:set-1/../set-2", "/etc", "/proc/self/mem", "dataset:"];

    private static string Experiment(string data) => $$"""
        experiment {
          name = {{SubmittedName}}
          seed = 1
          data { train = "{{data}}", validation = 0.1, channels = 1, image-size = 32, augment = [ { resize = [32, 32] } ], evaluate = [ { resize = [32, 32] } ] }
          model.architecture = lenet5
          training { global-batch-size = 32, optimizer { learning-rate = 0.05 }, phases = [ { epochs = 1 } ] }
        }
        """;

    private static readonly string[] Bombs =
    [
        Mutation.Repeat("{", 100_000), Mutation.Repeat("[", 100_000), Mutation.Repeat("a{", 50_000), Mutation.Repeat("a.", 100_000) + "b=1", "a=${a}", "a=${b},b=${a}", "include \"/etc/passwd\"", "include url(\"http://127.0.0.1:1/\")",
        "experiment = ${?HOME}", "\"\"\"", "a = \"\\ud800\"", "a = \"\\u12", "a=" + new string('9', 100_000), "experiment.seed = 1e999", string.Concat(Enumerable.Range(0, 40).Select(i => $"a{i + 1}=${{a{i}}}${{a{i}}}\n").Prepend("a0=xxxxxxxxxx\n")),
        Mutation.Repeat("x = 1\n", 50_000), "experiment : [ " + Mutation.Repeat("{ a = 1 },", 20_000) + "]", "+=", "a += ${a}", "\0", "=\n=\n=", new string('\n', 100_000), "#" + new string('x', 900_000),
    ];

    private static readonly string[] Pages =
    [
        "/", "/app.js", "/v1", "/v1/openapi.json", "/openapi/v1.json", "/health", "/ready", "/metrics", "/v1/session", "/v1/cluster", "/v1/prunable", "/v1/experiments?after=§&limit=§", "/v1/experiments/§", "/v1/experiments/§/metrics?from=§&to=§",
        "/v1/experiments/§/logs?tail=§", "/v1/models/§", "/v1/models/§/versions/§/weights", "/v2", "/v2/models/§", "/v2/models/§/versions/§/ready", "/v1/templates/§?data=§&name=§", "/v1/data-sets/§", "/v1/data-sets/§/pictures?part=§&class=§&from=§&limit=§",
        "/v1/data-sets/§/thumbnail?path=§", "/§", "/§/§?§=§",
    ];

    public HostileRequest Next(ref RandomStream random)
    {
        switch (random.NextInt32(8))
        {
            case 0: return new("POST", Mutation.Of(ref random, "/v1/experiments:check", "/v1/experiments", "/v1/experiments?priority=§".Replace("§", Mutation.Of<string>(ref random, Mutation.Words), StringComparison.Ordinal)), Hocon(ref random), "text/plain");
            case 1: return new("GET", $"/v1/experiments/{model}/events?follow=false", Headers: ("Last-Event-ID", EventId(ref random)));
            case 2: return new("POST", Mutation.Fill(ref random, "/v1/experiments/§/", "nobody") + Mutation.Of(ref random, "pause", "resume", "cancel", "nothing"));
            case 3: return new(Mutation.Of(ref random, "POST", "POST", "DELETE"), $"/v1/models/{(random.NextInt32(4) == 0 ? "nobody" : model)}/{Mutation.Of(ref random, "promote", "rollback", "canary")}", Decision(ref random), "application/json");
            case 4: return new("POST", "/v1/session", Mutation.Damage(ref random, $"{{\"key\": \"{Mutation.Of<string>(ref random, Mutation.Words)}\"}}"), "application/json");
            case 5: return new("GET", Mutation.Of(ref random, $"/v1/models/{model}/weights", "/v1/data-sets", "/"), Headers: [("Range", Mutation.Of(ref random, "bytes=-1", "bytes=5-2", "bytes=0-0,2-3", "bytes=99999999999999999999-", "x")), ("Accept", Mutation.Of<string>(ref random, Mutation.Words))]);
            case 6: return new(Mutation.Of(ref random, "DELETE", "POST"), $"/v1/experiments/{SubmittedName}{Mutation.Of(ref random, "", "/cancel", "/pause", "/resume")}");
            default: return new(Mutation.Of(ref random, "GET", "GET", "HEAD", "OPTIONS", "PUT", "TRACE", "BREW"), Mutation.Fill(ref random, Mutation.Of<string>(ref random, Pages), model, "1"), Headers: Odd(ref random));
        }
    }

    private static byte[] Hocon(ref RandomStream random) => random.NextInt32(3) switch
    {
        0 => Encoding.UTF8.GetBytes(Mutation.Of<string>(ref random, Bombs)),
        1 => Mutation.Noise(ref random, 2000),
        _ => Mutation.Damage(ref random, Experiment(Mutation.Of<string>(ref random, Data))),
    };

    private static string EventId(ref RandomStream random) => random.NextInt32(2) == 0 ? Mutation.Of<string>(ref random, Mutation.Words)
        : $"{random.NextInt32(2000) - 1000}{Mutation.Of(ref random, "-", ".", ":", "/")}{Mutation.Of(ref random, "0", "7", "99999999999999999999", "-3")}{Mutation.Of(ref random, "", "-1", ":x")}";

    private byte[] Decision(ref RandomStream random) => random.NextInt32(3) switch
    {
        0 => Mutation.Damage(ref random, Taken(ref random)),
        1 => Encoding.UTF8.GetBytes(Taken(ref random)),
        _ => Encoding.UTF8.GetBytes(Mutation.Of(ref random, "{}", "null", "{\"version\": null}", "{\"version\": 7}", "{\"version\": \"\\ud800\", \"share\": 0.5}", "{\"version\": \"x\", \"share\": \"NaN\"}",
            "{\"version\": \"x\", \"share\": -1}", "{\"version\": \"x\", \"share\": 1e400}", "[]", "{\"share\": 0.1}", Mutation.Repeat("[", 3000))),
    };

    private string Taken(ref RandomStream random) => $"{{\"version\": \"{Mutation.Of(ref random, versions.AsSpan())}\", \"share\": {Mutation.Of(ref random, "0.1", "1", "0.5")}}}";

    private static (string, string)[] Odd(ref RandomStream random) => random.NextInt32(2) == 0 ? [] :
        [(Mutation.Of(ref random, "Origin", "Cookie", "Authorization", "Accept-Encoding", "If-None-Match", "If-Modified-Since", "X-Forwarded-For", "Sec-Fetch-Site", "Content-Encoding"), Mutation.Of<string>(ref random, Mutation.Words))];
}
