using System.Diagnostics;
using ActorTrainer.Core.Randomness;

namespace ActorTrainer.Benchmarks;

/// <summary>Requests of many who know nothing of each other: a Poisson process, whose requests come whether or not those before are answered (an open loop).</summary>
internal static class Arrivals
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    /// <summary>Seconds from the moment that each was due to its answer, in the order of arrival. Throws what a request throws.</summary>
    /// <param name="perSecond">The rate, on average.</param>
    /// <param name="send">Told the request's number, from 0.</param>
    public static async Task<List<double>> AtAsync(double perSecond, int requests, ulong seed, Func<int, Task> send)
    {
        var random = new RandomStream(seed, RandomPurpose.Test, 0, 0);
        var answers = new List<Task<double>>(requests);
        using var timer = new PeriodicTimer(Tick);
        long began = Stopwatch.GetTimestamp();
        double due = 0;
        for (int i = 0; i < requests; i++)
        {
            due += -Math.Log(1 - random.NextDouble()) / perSecond;
            while (Stopwatch.GetElapsedTime(began).TotalSeconds < due) await timer.WaitForNextTickAsync().ConfigureAwait(false);
            answers.Add(AnswerAsync(i, due));
        }

        return [.. await Task.WhenAll(answers).ConfigureAwait(false)];

        async Task<double> AnswerAsync(int number, double at)
        {
            await send(number).ConfigureAwait(false);
            return Stopwatch.GetElapsedTime(began).TotalSeconds - at;
        }
    }
}
