using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using ActorTrainer.Actors.Journal;
using ActorTrainer.Core.Experiments;
using ActorTrainer.EndToEnd.Tests.Processes;
using ActorTrainer.Hosting;
using ActorTrainer.Journal;

namespace ActorTrainer.EndToEnd.Tests.Cluster;

/// <summary>Nodes as processes of this machine on a runs folder that they share, with one thread each.</summary>
internal sealed class TestCluster(Workshop workshop) : IDisposable
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromMinutes(2) };
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(4), GatewayPatience = TimeSpan.FromMinutes(1);
    private static int _ports;
    private readonly List<RunningProgram> _nodes = [];
    private readonly int _port = FreePort(), _http = FreePort();

    /// <summary>Every node's file; null: none.</summary>
    public string? Config { get; init; }

    /// <summary>Each role has a process of its own.</summary>
    public bool IsSplit { get; init; }

    public IReadOnlyList<RunningProgram> Nodes => _nodes;

    /// <summary>Of the gateway, as clients name it.</summary>
    public string Server => Url("").Replace("http:", Config is null ? "http:" : "https:", StringComparison.Ordinal);

    /// <summary>Whom nodes join.</summary>
    public string Seed => $"127.0.0.1:{_port}";

    /// <summary>The log of the node that coordinates.</summary>
    public IEnumerable<string> HeadLog => File.ReadLines(Path.Combine(workshop.Runs, ".nodes", $"127.0.0.1-{_port}.log"));

    /// <summary>Coordinates, and where roles are not split evaluates and answers; it does not train.</summary>
    public RunningProgram Head { get; private set; } = null!;

    public RunningProgram Gateway { get; private set; } = null!;

    public RunningProgram Evaluator { get; private set; } = null!;

    public async Task StartAsync(int trainers)
    {
        Head = StartHead();
        await IsInAsync(Head);
        if (IsSplit)
        {
            await IsInAsync(StartGateway());
            await IsInAsync(StartEvaluator());
        }

        for (int i = 0; i < trainers; i++) await AddTrainerAsync();
    }

    public RunningProgram StartHead()
    {
        string[] roles = IsSplit ? ["--roles", "coordinator"] : ["--roles", "coordinator,evaluator,gateway", "--http", $"{_http}"];
        return Head = Start([.. roles, "--port", $"{_port}"]);
    }

    public RunningProgram StartGateway() => Gateway = Start("--roles", "gateway", "--http", $"{_http}", "--port", $"{FreePort()}", "--seed", Seed);

    public RunningProgram StartEvaluator() => Evaluator = Start("--roles", "evaluator", "--port", $"{FreePort()}", "--seed", Seed);

    /// <param name="seats">Trainers in its process.</param>
    public Task<RunningProgram> AddTrainerAsync(int seats = 1) => AddNodeAsync("trainer", ["--trainers", $"{seats}"]);

    public async Task<RunningProgram> AddNodeAsync(string roles, params string[] more)
    {
        var node = Start(["--roles", roles, "--port", $"{FreePort()}", "--seed", Seed, .. more]);
        await IsInAsync(node);
        return node;
    }

    private static Task IsInAsync(RunningProgram node) => node.Until("it is in the cluster", () => node.Error.Contains("In the cluster as", StringComparison.Ordinal));

    /// <summary>Hands tiny.conf to the cluster, as its client would: resolved.</summary>
    public async Task SubmitAsync(params string[] settings)
    {
        using var check = RunningProgram.Start(workshop.Folder, ["check", "tiny.conf", .. settings.SelectMany(setting => new[] { "--set", $"experiment.{setting}" })]);
        string resolved = (await check.Ended()).Returns(0).Output;
        using var answer = await Http.PostAsync(Url("/v1/experiments"), new StringContent(resolved));
        Assert.True(answer.StatusCode == HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>As the journal has it, whoever coordinates.</summary>
    public Experiment? Load()
    {
        var runs = new RunsFolder(workshop.Runs);
        return new RunJournal(workshop.Journal is { } journal ? runs with { Journal = JournalLocation.Parse(journal) } : runs).Load(new(Workshop.Tiny));
    }

    /// <summary>Until a checkpoint of a later step is committed.</summary>
    public Task UntilCommittedAsync(int step) =>
        // A long journal takes its time to read.
        UntilAsync($"a checkpoint after step {step}", () => Load() is { } run && (run.Newest?.Id.Step.Value > step || run.IsTrained), TimeSpan.FromMilliseconds(100));

    /// <summary>Until something is so, whichever nodes live.</summary>
    /// <param name="every">How often it is looked; null: at every turn.</param>
    /// <param name="deadline">How long at most; null: some minutes.</param>
    public async Task UntilAsync(string what, Func<bool> condition, TimeSpan? every = null, TimeSpan? deadline = null)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            if (clock.Elapsed > (deadline ?? Deadline)) throw new TimeoutException($"{what}\n{string.Join("\n---\n", _nodes.Select(node => node.Error))}\n{Logs()}");
            await Task.Delay(every ?? TimeSpan.FromMilliseconds(20));
        }
    }

    public async Task<JsonObject> ShowAsync() => JsonNode.Parse(await Http.GetStringAsync(Url($"/v1/experiments/{Workshop.Tiny}")))!.AsObject();

    public async Task<HttpResponseMessage> PostAsync(string path) => await Http.PostAsync(Url(path), null);

    public int Steps => workshop.Run.StepsOnDisk;

    /// <summary>Until training has got so far.</summary>
    public Task UntilStepAsync(int step) => Head.Until($"step {step}\n{Logs()}", () => Steps >= step);

    /// <summary>Until a step beyond <paramref name="before"/> is there; returns the lowest that training went back to on the way, -1 where it ended before.</summary>
    public async Task<int> UntilItGoesOnAsync(int before)
    {
        int lowest = before, looks = 0;
        bool ended = false;
        await Head.Until($"a step after {before}\n{Logs()}", () =>
        {
            int now = Steps;
            if (now > 0 && now < lowest) lowest = now;
            if (now <= before && ++looks % 200 == 0) ended = Load() is { Status: ExperimentStatus.Completed };
            return now > before || ended;
        });
        return ended ? -1 : lowest;
    }

    /// <summary>How it stands; waits while the gateway is away.</summary>
    public async Task<JsonObject> StateAsync()
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                return await ShowAsync();
            }
            catch (HttpRequestException) when (clock.Elapsed < GatewayPatience)
            {
                await Task.Delay(50);
            }
            catch (HttpRequestException e)
            {
                throw new InvalidOperationException($"{e.Message}\n{await workshop.Ask("show", Workshop.Tiny)}\n{Logs()}");
            }
        }
    }

    /// <summary>Until it has ended; how it then stands.</summary>
    public async Task<JsonObject> EndAsync()
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var shown = await StateAsync();
            if ((string)shown["state"]! is "failed") throw new InvalidOperationException($"{shown["failure"]}\n{Logs()}");
            if ((string)shown["state"]! is "completed" or "cancelled" or "paused") return shown;
            if (clock.Elapsed > Deadline) throw new TimeoutException($"{shown}\n{string.Join("\n---\n", _nodes.Select(node => node.Error))}\n{Logs()}");
            await Task.Delay(100);
        }
    }

    /// <summary>A command of a client, in the workshop's folder.</summary>
    public RunningProgram Client(params string[] arguments) => RunningProgram.Start(workshop.Folder, [.. arguments, "--server", Server]);

    public void Dispose()
    {
        foreach (var node in _nodes) node.Dispose();
    }

    private string Logs() => workshop.NodeLogs();

    private RunningProgram Start(params string[] arguments)
    {
        var node = RunningProgram.Start(workshop.Folder, ["node", "--runs", workshop.Runs, .. Config is null ? [] : new[] { "--config", Config }, .. arguments],
            journal: workshop.Journal, checkpoints: workshop.Checkpoints);
        _nodes.Add(node);
        return node;
    }

    private string Url(string path) => $"http://127.0.0.1:{_http}{path}";

    /// <summary>Below those that the system gives to whoever asks for any, so that nobody takes it before its node does.</summary>
    internal static int FreePort()
    {
        while (true)
        {
            int port = 12_000 + (int)((uint)(Environment.ProcessId * 31 + Interlocked.Increment(ref _ports)) % 18_000);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody's; the next.
            }
        }
    }
}
