namespace ActorTrainer.Actors.Hosting;

/// <summary>Who may be in the cluster, where no seeds are named. Implemented by the program.</summary>
/// <param name="Required">So many must be found before anybody is joined.</param>
/// <param name="StableFor">What was found must have been so for so long.</param>
public abstract record NodeDiscovery(int Required, TimeSpan StableFor)
{
    /// <summary><c>HOST:PORT</c> of every node, in no order. Throws IOException where the answer can't be had now.</summary>
    /// <param name="port">This node's.</param>
    public abstract Task<IReadOnlyList<string>> FindAsync(int port, CancellationToken cancel);
}
