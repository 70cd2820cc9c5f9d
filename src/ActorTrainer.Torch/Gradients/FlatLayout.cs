using System.Collections.Immutable;

namespace ActorTrainer.Torch.Gradients;

/// <summary>A tensor's place in a flat vector, in elements.</summary>
/// <param name="Name">By the state dict.</param>
/// <param name="ChannelsLast">O x I x H x W stands in memory as O x H x W x I.</param>
internal sealed record FlatSlot(string Name, ImmutableArray<long> Shape, long Offset, bool ChannelsLast)
{
    public long Count { get; } = Shape.Aggregate(1L, (product, length) => product * length);
}

/// <summary>A contiguous run of parameters that the optimizer treats alike.</summary>
internal sealed record FlatSegment(long Offset, long Count, UpdateRule Rule);

/// <summary>How a parameter is updated besides the step's learning rate.</summary>
/// <param name="RateScale">Factor on the learning rate.</param>
/// <param name="Decays">Whether weight decay reaches it.</param>
internal readonly record struct UpdateRule(double RateScale, bool Decays);

internal sealed record FlatParameter(string Name, ImmutableArray<long> Shape, UpdateRule Rule);

/// <summary>
/// One phase's flat vector: [parameters that train, by segment | batch-norm statistics that update]. Each tensor begins at a multiple of
/// 64 bytes; the gaps hold zeros and stay zero under every optimizer. Weights and optimizer slots have the parameters' part only.
/// </summary>
internal sealed class FlatLayout
{
    private const int Alignment = 64;

    private FlatLayout(ImmutableArray<FlatSlot> parameters, ImmutableArray<FlatSegment> segments, ImmutableArray<FlatSlot> statistics, long parameterElements, long elements)
    {
        (Parameters, Segments, Statistics) = (parameters, segments, statistics);
        (ParameterElements, Elements) = (parameterElements, elements);
    }

    public ImmutableArray<FlatSlot> Parameters { get; }
    public ImmutableArray<FlatSegment> Segments { get; }
    /// <summary>Offsets count from the whole vector's beginning.</summary>
    public ImmutableArray<FlatSlot> Statistics { get; }
    public long ParameterElements { get; }
    public long StatisticElements => Elements - ParameterElements;
    public long Elements { get; }

    /// <summary>Parameters of one rule stand together, rules in the order of their first parameter: a pure function of the arguments.</summary>
    /// <param name="elementSize">Bytes of one element in the master precision.</param>
    /// <param name="channelsLast">Whether convolutions' weights stand with their channels last.</param>
    public static FlatLayout Create(
        IEnumerable<FlatParameter> parameters, IEnumerable<(string Name, ImmutableArray<long> Shape)> statistics, int elementSize, bool channelsLast = false)
    {
        long at = 0, unit = Alignment / elementSize;
        var slots = ImmutableArray.CreateBuilder<FlatSlot>();
        var segments = ImmutableArray.CreateBuilder<FlatSegment>();
        foreach (var group in parameters.GroupBy(parameter => parameter.Rule))
        {
            long first = at;
            foreach (var parameter in group) slots.Add(Place(parameter.Name, parameter.Shape));
            segments.Add(new(first, at - first, group.Key));
        }

        long parameterElements = at;
        ImmutableArray<FlatSlot> placed = [.. statistics.Select(statistic => Place(statistic.Name, statistic.Shape))];
        return new(slots.ToImmutable(), segments.ToImmutable(), placed, parameterElements, at);

        FlatSlot Place(string name, ImmutableArray<long> shape)
        {
            var slot = new FlatSlot(name, shape, at, channelsLast && shape.Length == 4);
            at += (slot.Count + unit - 1) / unit * unit;
            return slot;
        }
    }
}
