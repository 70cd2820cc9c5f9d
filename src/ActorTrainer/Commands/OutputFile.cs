namespace ActorTrainer.Commands;

/// <summary>A file that a command writes: never over one that is there unless that is wanted, and there whole or not at all.</summary>
internal sealed class OutputFile : IDisposable
{
    private readonly string _file;
    private readonly bool _replace;

    public OutputFile(string file, bool replace)
    {
        (_file, _replace) = (Path.GetFullPath(file), replace);
        string folder = Path.GetDirectoryName(_file) ?? _file;
        if (Directory.Exists(_file)) throw new UsageException($"{file} is a folder; name a file.");
        if (!Directory.Exists(folder)) throw new UsageException($"The folder {folder} is not there; make it first.");
        if (!replace && File.Exists(_file)) throw new UsageException($"{file} is there already; choose another name, or --force to replace it.");
        Draft = Path.Combine(folder, $".{Path.GetFileNameWithoutExtension(_file)}-{Guid.NewGuid():N}{Path.GetExtension(_file)}");
    }

    /// <summary>Where it is written until it is kept. Its extension is the file's.</summary>
    public string Draft { get; }

    /// <param name="write">Writes to the path it is given.</param>
    public static void Write(string file, bool replace, Action<string> write)
    {
        using var output = new OutputFile(file, replace);
        write(output.Draft);
        output.Keep();
    }

    /// <summary>It is whole.</summary>
    public void Keep() => File.Move(Draft, _file, overwrite: _replace);

    public void Dispose() => File.Delete(Draft);
}
