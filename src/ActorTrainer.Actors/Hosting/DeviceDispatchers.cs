using System.Globalization;
using ActorTrainer.Core.Experiments;
using Akka.Configuration;

namespace ActorTrainer.Actors.Hosting;

/// <summary>A dispatcher of one thread for each device of this process: see <c>device-dispatcher</c> in actors.conf, which all of them are like.</summary>
public static class DeviceDispatchers
{
    private const int Most = NodeFile.MostTrainers;

    private const string First = "actortrainer.device-dispatcher";

    /// <param name="seat">From 0.</param>
    public static string Of(int seat) => seat is >= 0 and < Most
        ? seat == 0 ? First : string.Create(CultureInfo.InvariantCulture, $"{First}-{seat}")
        : throw new ArgumentOutOfRangeException(nameof(seat), seat, $"A process holds at most {Most} trainers.");

    /// <summary>With a dispatcher for every device.</summary>
    internal static Config With(Config actors)
    {
        var likeness = actors.GetConfig(First);
        return Enumerable.Range(1, Most - 1).Aggregate(actors, (all, seat) => all.WithFallback(ConfigurationFactory.ParseString($"{Of(seat)} {{ {likeness} }}")));
    }
}
