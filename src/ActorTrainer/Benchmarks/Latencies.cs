namespace ActorTrainer.Benchmarks;

/// <summary>How long requests waited, in seconds: half of them at most <paramref name="Median"/>, all but a hundredth at most <paramref name="P99"/>.</summary>
internal sealed record Latencies(double Median, double P99, double Most)
{
    public static Latencies Of(IEnumerable<double> seconds)
    {
        double[] sorted = [.. seconds.Order()];
        return new(sorted[sorted.Length / 2], sorted[sorted.Length * 99 / 100], sorted[^1]);
    }
}
