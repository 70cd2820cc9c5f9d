namespace ActorTrainer.Transport;

/// <summary>Files that have their name when they are whole, and keep it.</summary>
public static class NamedOnce
{
    /// <summary>
    /// Gives a file that was written and flushed its name in the same folder, so that it survives a power cut. False: there is a file of that name, and it stays. Throws <see cref="IOException"/>.
    /// </summary>
    public static bool TryName(string temporary, string path)
    {
        try
        {
            File.Move(temporary, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            return false;
        }

        Posix.FlushFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
        return true;
    }
}
