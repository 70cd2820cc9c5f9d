using System.Diagnostics.Metrics;

namespace ActorTrainer.Actors.Metrics;

/// <summary>What the product measures of itself while it works, for whoever listens; where nobody does it costs next to nothing. Names are a contract.</summary>
internal static class ProductMeter
{
    private static readonly Meter Meter = new(MeterNames.Product);

    public static Counter<long> Counter(string name, string description) => Meter.CreateCounter<long>(name, description: description);

    public static UpDownCounter<long> Level(string name, string description) => Meter.CreateUpDownCounter<long>(name, description: description);

    public static Histogram<double> Histogram(string name, string description) => Meter.CreateHistogram<double>(name, description: description);
}

public static class MeterNames
{
    public const string Product = "actortrainer";
}
