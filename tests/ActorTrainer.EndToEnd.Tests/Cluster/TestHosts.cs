using System.Diagnostics;
using System.Globalization;

namespace ActorTrainer.EndToEnd.Tests.Cluster;

/// <summary>
/// Hosts with addresses of their own, as network namespaces on a bridge that stands in one more: each can be cut off and joined again as by pulling its cable.
/// Needs Linux, iproute2 and root.
/// </summary>
internal sealed class TestHosts : IDisposable
{
    private readonly string _prefix = string.Create(CultureInfo.InvariantCulture, $"at{Environment.ProcessId}");
    private readonly int _count;

    public TestHosts(int count)
    {
        _count = count;
        Ip($"netns add {Switch}");
        Ip($"-n {Switch} link add br0 type bridge");
        Ip($"-n {Switch} link set br0 up");
        for (int host = 1; host <= count; host++)
        {
            Ip($"netns add {Name(host)}");
            Ip($"link add p{host} netns {Switch} type veth peer name eth0 netns {Name(host)}");
            Ip($"-n {Switch} link set p{host} master br0 up");
            Ip($"-n {Name(host)} addr add {Address(host)}/24 dev eth0");
            Ip($"-n {Name(host)} link set eth0 up");
            Ip($"-n {Name(host)} link set lo up");
        }
    }

    /// <summary>Null where there can be hosts, else why not.</summary>
    public static string? Refusal { get; } = Refused();

    /// <summary>From 1.</summary>
    public static string Address(int host) => string.Create(CultureInfo.InvariantCulture, $"10.213.7.{host}");

    /// <summary>What a command line begins with to run on the host.</summary>
    public string[] On(int host) => ["ip", "netns", "exec", Name(host)];

    /// <summary>Pulls the cable: what is sent is lost, no connection is reset.</summary>
    public void Cut(int host) => Ip($"-n {Switch} link set p{host} nomaster");

    public void Heal(int host) => Ip($"-n {Switch} link set p{host} master br0");

    public void Dispose()
    {
        for (int host = 1; host <= _count; host++) Run($"netns del {Name(host)}");
        Run($"netns del {Switch}");
    }

    private string Switch => _prefix + "s";

    private string Name(int host) => string.Create(CultureInfo.InvariantCulture, $"{_prefix}h{host}");

    private static string? Refused()
    {
        if (!OperatingSystem.IsLinux()) return "network namespaces are Linux's";
        try
        {
            using var hosts = new TestHosts(1);
            return null;
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return $"network namespaces can't be made here (root and iproute2 are needed): {e.Message}";
        }
    }

    private static void Ip(string arguments)
    {
        if (Run(arguments) is { Length: > 0 } problem) throw new InvalidOperationException($"ip {arguments}: {problem}");
    }

    /// <summary>What went wrong; empty: nothing.</summary>
    private static string Run(string arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("ip", arguments) { RedirectStandardError = true })!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? "" : $"exit code {process.ExitCode}. {error}".Trim();
    }
}
