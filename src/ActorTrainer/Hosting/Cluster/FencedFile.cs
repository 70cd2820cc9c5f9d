namespace ActorTrainer.Hosting.Cluster;

/// <summary>
/// A file that changes its writer. Whoever takes it over puts a copy in its place: one who was frozen with unwritten lines, and wakes, writes them into
/// the file that nobody sees any more.
/// </summary>
internal static class FencedFile
{
    /// <summary>Returns <paramref name="path"/>.</summary>
    public static string Take(string path)
    {
        if (!File.Exists(path)) return path;
        string copy = $"{path}.{Environment.ProcessId}.tmp";
        File.Copy(path, copy, overwrite: true);
        File.Move(copy, path, overwrite: true);
        return path;
    }
}
