using System.Collections.Immutable;
using ActorTrainer.Core.Data;

namespace ActorTrainer.Data.Batching;

/// <summary>What samples count as, and for how much.</summary>
internal sealed class SampleLabels
{
    private readonly DataManifest _manifest;
    private readonly ImmutableArray<int> _ofClass;
    private readonly ImmutableArray<float> _weights;

    public SampleLabels(IDataSet data, BatchSourceOptions options)
    {
        (_manifest, _weights) = (data.Manifest, options.ClassWeights);
        var own = _manifest.Classes;
        if (!options.LabelClasses.IsDefault) DataChecks.RequireKnownClasses(data, options.LabelClasses);
        _ofClass = options.LabelClasses.IsDefault ? [.. Enumerable.Range(0, own.Length)] : [.. own.Select(name => options.LabelClasses.IndexOf(name))];
    }

    /// <summary>-1 where the class is not known.</summary>
    public int Of(int sample) => _manifest.Samples[sample].Class is >= 0 and var own ? _ofClass[own] : -1;

    /// <summary>Of a sample that could be decoded.</summary>
    public float WeightOf(int label) => label < 0 || _weights.IsDefaultOrEmpty ? 1 : _weights[label];

    /// <summary>See <see cref="HostBatch.WholeWeight"/>.</summary>
    public double WholeWeight(BatchRequest request)
    {
        if (_weights.IsDefaultOrEmpty) return request.Samples.Length;
        double sum = 0;
        foreach (int sample in request.Samples) sum += WeightOf(Of(sample));
        return sum;
    }
}
