using ActorTrainer.Client.Http;

namespace ActorTrainer.Client;

/// <summary>
/// An ActorTrainer service: the gateways of a cluster, or <c>actortrainer serve</c>. Any thread may use it; one is enough for a process. Every call throws <see cref="ServiceException"/> where the service
/// refuses or can't be asked.
/// </summary>
public sealed class ActorTrainerClient : IDisposable
{
    private readonly Gateways _gateways;

    /// <summary>Connects to nothing yet. Throws <see cref="FormatException"/> for addresses or a key that can't be right.</summary>
    public ActorTrainerClient(ClientOptions options)
    {
        options.Check();
        _gateways = new(options);
        (Experiments, Models, DataSets) = (new(_gateways, options.Patience, options.Time), new(_gateways), new(_gateways));
    }

    public ExperimentsClient Experiments { get; }

    public ModelsClient Models { get; }

    public DataSetsClient DataSets { get; }

    /// <summary>The nodes, and the experiments under way. Asks for the scope read.</summary>
    public Task<ClusterDescription> DescribeClusterAsync(CancellationToken cancel = default) => _gateways.GetAsync("/v1/cluster", ClientJson.Default.ClusterDescription, cancel);

    /// <summary>Null: a gateway is ready. Else why none is, for a person. Asks for no key.</summary>
    public async Task<string?> TroubleAsync(CancellationToken cancel = default)
    {
        try
        {
            await _gateways.AskAsync(new(HttpMethod.Get, "/ready") { Wait = TimeSpan.Zero }, Gateways.Nothing, cancel).ConfigureAwait(false);
            return null;
        }
        catch (ServiceException e) when (e.IsPassing)
        {
            return e.Message;
        }
    }

    public void Dispose() => _gateways.Dispose();
}
