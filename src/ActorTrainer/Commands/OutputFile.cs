namespace ActorTrainer.Commands;

/// <summary>A file that a command writes: never over one that is there unless that is wanted, and there whole or not at all.</summary>
internal static class OutputFile
{
    /// <param name="write">Writes to the path it is given, whose extension is the file's.</param>
    public static void Write(string file, bool replace, Action<string> write)
    {
        string full = Path.GetFullPath(file), folder = Path.GetDirectoryName(full) ?? full;
        if (Directory.Exists(full)) throw new UsageException($"{file} is a folder; name a file.");
        if (!Directory.Exists(folder)) throw new UsageException($"The folder {folder} is not there; make it first.");
        if (!replace && File.Exists(full)) throw new UsageException($"{file} is there already; choose another name, or --force to replace it.");
        string temporary = Path.Combine(folder, $".{Path.GetFileNameWithoutExtension(full)}-{Guid.NewGuid():N}{Path.GetExtension(full)}");
        try
        {
            write(temporary);
            File.Move(temporary, full, overwrite: replace);
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
