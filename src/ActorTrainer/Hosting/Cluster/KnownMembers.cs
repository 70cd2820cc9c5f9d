using System.Collections.Immutable;

namespace ActorTrainer.Hosting.Cluster;

/// <summary>
/// The other members, as this node last knew them, in a file: a coordinator that begins again looks for the cluster that it was in, instead of beginning
/// another one. Nothing depends on it being right.
/// </summary>
internal sealed class KnownMembers(string file)
{
    public ImmutableArray<string> Read()
    {
        try
        {
            return File.Exists(file) ? [.. File.ReadAllLines(file).Where(line => line.Length > 0)] : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    public void Write(IReadOnlyCollection<string> members)
    {
        try
        {
            File.WriteAllLines(file + ".tmp", members);
            File.Move(file + ".tmp", file, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next change tries again.
        }
    }
}
