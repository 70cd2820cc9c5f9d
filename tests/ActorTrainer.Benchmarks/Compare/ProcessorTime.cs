using System.Globalization;

namespace ActorTrainer.Benchmarks.Compare;

/// <summary>Processor time of another process from /proc, which a busy machine hardly changes. Linux.</summary>
internal static class ProcessorTime
{
    /// <summary>Ticks a second of /proc: 100 wherever .NET runs.</summary>
    private const double Ticks = 100;

    /// <summary>Seconds so far, user and system, of all its threads.</summary>
    public static double Of(int process)
    {
        string stat = File.ReadAllText($"/proc/{process}/stat");
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');      // from the third on: the second, a name, may hold spaces
        return (double.Parse(fields[11], CultureInfo.InvariantCulture) + double.Parse(fields[12], CultureInfo.InvariantCulture)) / Ticks;
    }
}
