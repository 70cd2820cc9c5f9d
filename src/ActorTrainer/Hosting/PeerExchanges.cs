using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using ActorTrainer.Core;
using ActorTrainer.Core.Gradients;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;
using ActorTrainer.Transport.Gradients;
using ActorTrainer.Transport.Gradients.Gpu;

namespace ActorTrainer.Hosting;

/// <summary>Exchanges between trainers: of this process where they meet, of others through its door.</summary>
/// <param name="say">Told once, for a person, how GPUs talk.</param>
internal sealed class PeerExchanges(MeetingPlace place, Action<string> say) : IExchangeFactory
{
    private readonly ConcurrentDictionary<string, bool> _said = new();

    /// <summary>For all to come to the meeting: the slowest may have a large checkpoint to read.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>For what comes between steps: the peer may be putting a block of pictures through the largest backbone on the slowest processor.</summary>
    private static readonly TimeSpan PatienceBetweenSteps = TimeSpan.FromMinutes(5);

    public string? Endpoint { get; } = JsonSerializer.Serialize(place.Endpoint, CoreJson.Options);

    public IGradientExchange Connect(Team team, TrainingJob job, CancellationToken cancel)
    {
        if (team.Members.Length == 1) return new LocalExchange();
        var group = new CollectiveGroup(team.Experiment, team.Generation, team.Start, team.StateHash, team.ConfigurationHash, team.Fingerprint,
            [.. team.Members.Select((member, rank) => new CollectiveMember(member.Own, Read(member.Endpoint, rank)))], team.Rank, team.LogicalShards,
            ElementOf(job.Training), Convert.FromBase64String(team.Key));
        var deadline = new StepDeadline();
        try
        {
            var peers = PeerExchange.Connect(place, group, Patience, () => deadline.Current, cancel);
            return new Watched(job.Device.Kind == DeviceKind.Cpu ? peers : OnGpus(peers, job.Device.Index, deadline, cancel), deadline, cancel);
        }
        catch (OperationCanceledException e)
        {
            throw new ExchangeFailedException(team.Rank, "the generation was broken off before it began", e);
        }
    }

    private IGradientExchange OnGpus(PeerExchange peers, int device, StepDeadline deadline, CancellationToken cancel)
    {
        using var abort = cancel.Register(peers.Dispose);
        return GpuExchange.Join(peers, place.Options.Gpus, device, Patience, () => deadline.Current, text =>
        {
            if (_said.TryAdd(text, true)) say(text);
        });
    }

    private static TensorType ElementOf(TrainingSettings training) => training.Gradients == GradientPrecision.Bf16 ? TensorType.BFloat16
        : training.Precision == Precision.Fp64 ? TensorType.Float64 : TensorType.Float32;

    private static CollectiveEndpoint Read(string? endpoint, int rank)
    {
        try
        {
            return (endpoint is null ? null : JsonSerializer.Deserialize<CollectiveEndpoint>(endpoint, CoreJson.Options)) ?? throw new ExchangeFailedException(rank, "it can't be reached by others");
        }
        catch (JsonException e)
        {
            throw new ExchangeFailedException(rank, $"its endpoint can't be read: {e.Message}", e);
        }
    }

    /// <summary>Measures steps for the deadline, and closes when the generation is broken off.</summary>
    private sealed class Watched : IGradientExchange, IDisposable
    {
        private readonly IGradientExchange _exchange;
        private readonly StepDeadline _deadline;
        private readonly CancellationTokenRegistration _abort;
        private long _last = Stopwatch.GetTimestamp();

        public Watched(IGradientExchange exchange, StepDeadline deadline, CancellationToken cancel)
        {
            (_exchange, _deadline) = (exchange, deadline);
            _abort = cancel.Register(Close);
        }

        public bool IsFar => _exchange.IsFar;

        public void Begin(EarlySums early) => _exchange.Begin(early);

        public GradientSum Exchange(IReadOnlyList<GradientSum> own)
        {
            var sum = _exchange.Exchange(own);
            long now = Stopwatch.GetTimestamp();
            _deadline.Record(Stopwatch.GetElapsedTime(_last, now));
            _last = now;
            return sum;
        }

        public StepTail Agree(StepTail own)
        {
            _deadline.Least = PatienceBetweenSteps;
            try
            {
                return _exchange.Agree(own);
            }
            finally
            {
                _deadline.Least = StepDeadline.Usual;
                _last = Stopwatch.GetTimestamp();
            }
        }

        public TrainingState Share(int from, TrainingState? own) => _exchange.Share(from, own);

        public void Dispose()
        {
            _abort.Dispose();
            Close();
        }

        private void Close() => (_exchange as IDisposable)?.Dispose();
    }
}
