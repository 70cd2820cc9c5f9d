namespace ActorTrainer.Benchmarks;

/// <summary>Values of one quantity, for a table: the median and how far they lie apart.</summary>
internal sealed record Sample(double Median, double Least, double Greatest, int Count)
{
    public static Sample Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return new(sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2, sorted[0], sorted[^1], sorted.Length);
    }

    /// <summary>In another unit.</summary>
    public Sample Times(double factor) => new(factor * Median, factor * Least, factor * Greatest, Count);

    public string Text(string format) => $"{Median.ToString(format)} ({Least.ToString(format)} .. {Greatest.ToString(format)})";
}
