using System.Collections.Immutable;
using ActorTrainer.Actors.Coordination;
using ActorTrainer.Actors.Journal;
using ActorTrainer.Api;
using ActorTrainer.Hosting.Cluster;
using Akka.Actor;

namespace ActorTrainer.Tests.Api;

/// <summary>A gateway on a free port of loopback, its runs in a folder of its own, and a coordinator that answers as the test says.</summary>
internal sealed class TestGateway : IAsyncDisposable
{
    public const int MaxUpload = 1 << 20;

    private readonly ActorSystem _system = ActorSystem.Create("gateway", "akka { loglevel = OFF, stdout-loglevel = OFF }");
    private readonly Gateway _gateway;
    private readonly CancellationTokenSource _gone = new();

    private TestGateway(Func<NodeSettings, NodeSettings> change)
    {
        var settings = change(new("127.0.0.1", 0, 0, [NodeRoles.Gateway], [], Runs.Runs) { MaxUploadBytes = MaxUpload });
        _gateway = new(settings, () => Engine, Said.Add, TimeProvider.System);
        _gateway.Coordinator.Connect(_system.ActorOf(Props.Create(() => new Coordinator(this))), () => IsBroken ? throw new InvalidOperationException("as the test wants it") : Standing, _gone.Token);
    }

    public TemporaryRuns Runs { get; } = new();
    public FakeEngine Engine { get; } = new();
    public List<object> Asked { get; } = [];
    public List<string> Said { get; } = [];
    public ClusterStanding Standing { get; set; } = ClusterStanding.In;

    /// <summary>Its place in the cluster can't be told.</summary>
    public bool IsBroken { get; set; }

    /// <summary>The coordinator's answer; null: none.</summary>
    public Func<object, object?> Answer { get; set; } = _ => null;

    public string Url { get; private set; } = "";
    public string? RpcUrl => _gateway.RpcAddress;
    public HttpClient Http { get; private set; } = null!;

    public static Task<TestGateway> StartAsync(params ImmutableArray<ApiKey> keys) => StartAsync(settings => settings with { Keys = keys });

    public static async Task<TestGateway> StartAsync(Func<NodeSettings, NodeSettings> change)
    {
        var gateway = new TestGateway(change);
        gateway.Url = await gateway._gateway.StartAsync(CancellationToken.None);
        gateway.Http = new() { BaseAddress = new(gateway.Url) };
        return gateway;
    }

    /// <summary>The node's actor system has ended.</summary>
    public void End() => _gone.Cancel();

    public void LoseJournal() => File.Delete(((SqliteJournal)Runs.Runs.Journal).Path);

    public async ValueTask DisposeAsync()
    {
        _gone.Dispose();
        Http.Dispose();
        await _gateway.DisposeAsync();
        await _system.Terminate();
        Runs.Dispose();
    }

    private sealed class Coordinator(TestGateway gateway) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            gateway.Asked.Add(message);
            if (gateway.Answer(message) is { } answer) Sender.Tell(answer);
        }
    }
}
