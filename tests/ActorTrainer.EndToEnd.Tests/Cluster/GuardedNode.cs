using ActorTrainer.EndToEnd.Tests.Processes;

namespace ActorTrainer.EndToEnd.Tests.Cluster;

/// <summary>The file of a node that others can reach: certificates, keys, and where data may come from.</summary>
internal static class GuardedNode
{
    /// <summary>A key that may submit; its line goes into keys.conf.</summary>
    public static async Task<string> NewKeyAsync(Workshop workshop)
    {
        using var program = RunningProgram.Start(workshop.Folder, ["node", "--new-key", "submit"]);
        var ended = (await program.Ended()).Returns(0);
        workshop.Write("keys.conf", $"keys = [{ended.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1]}]");
        return ended.Output.Trim();
    }

    /// <summary>Writes the file of a node with these certificates and returns its path.</summary>
    /// <param name="tls">The folder that <see cref="TestCertificates"/> has written.</param>
    /// <param name="more">Other keys of <c>node</c>.</param>
    public static string WriteFile(Workshop workshop, string tls, string more = "") => workshop.Write($"{tls}.conf",
        $$"""
        node {
          include "keys.conf"
          tls { certificate = {{tls}}/node.pem, key = {{tls}}/node.key, authority = {{tls}}/ca.pem }
          {{more}}
          data-roots = ["{{Path.GetDirectoryName(Workshop.Digits)}}"]
        }
        """);
}
