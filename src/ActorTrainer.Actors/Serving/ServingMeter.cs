using System.Diagnostics;
using System.Diagnostics.Metrics;
using ActorTrainer.Actors.Metrics;
using ActorTrainer.Core.Registry;

namespace ActorTrainer.Actors.Serving;

/// <summary>Serving in numbers, by model and version.</summary>
internal sealed class ServingMeter
{
    private static readonly UpDownCounter<long> Waiting = ProductMeter.Level("serving_waiting_pictures", "Pictures that wait for their turn on the device.");
    private static readonly Histogram<double> Sizes = ProductMeter.Histogram("serving_batch_pictures", "Pictures of a batch.");
    private static readonly Histogram<double> Seconds = ProductMeter.Histogram("serving_batch_seconds", "From a batch's start on the device to its answer.");
    private static readonly Counter<long> Refused = ProductMeter.Counter("serving_refused_total", "Requests that were refused because too much waited.");
    private static readonly Counter<long> Expired = ProductMeter.Counter("serving_expired_total", "Requests whose time was over before their turn came.");

    private readonly TagList _tags;
    private int _waiting;

    /// <summary>What is rare is there from the start, as zero: a rate over something that appears with its first event misses that event.</summary>
    public ServingMeter(ModelVersionId version)
    {
        _tags = new([new("model", version.Model.Value), new("version", version.Version)]);
        Refused.Add(0, _tags);
        Expired.Add(0, _tags);
    }

    public void Waits(int pictures)
    {
        Waiting.Add(pictures - _waiting, _tags);
        _waiting = pictures;
    }

    public void Batch(int pictures, TimeSpan took)
    {
        Sizes.Record(pictures, _tags);
        Seconds.Record(took.TotalSeconds, _tags);
    }

    public void Refuse() => Refused.Add(1, _tags);

    public void Expire(int requests)
    {
        if (requests > 0) Expired.Add(requests, _tags);
    }
}
