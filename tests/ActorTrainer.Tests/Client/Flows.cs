namespace ActorTrainer.Tests.Client;

/// <summary>What comes one after the other, awaited. A library of the actors' and the runtime both have these under the same names, so that neither can be called by them.</summary>
internal static class Flows
{
    public static async Task<List<T>> All<T>(this IAsyncEnumerable<T> flow)
    {
        var all = new List<T>();
        await foreach (var item in flow) all.Add(item);
        return all;
    }

    public static async Task<T> First<T>(this IAsyncEnumerable<T> flow)
    {
        await foreach (var item in flow) return item;
        throw new InvalidOperationException("nothing came");
    }
}
