namespace ActorTrainer.Data.Sources;

/// <summary>Files that somebody already holds: pictures of a request.</summary>
internal sealed class MemoryTree : IFileTree
{
    private readonly Dictionary<string, ReadOnlyMemory<byte>> _files;

    public MemoryTree(IEnumerable<(string Name, ReadOnlyMemory<byte> Bytes)> files)
    {
        _files = files.ToDictionary(file => file.Name, file => file.Bytes);
        Files = [.. _files.Select(file => new TreeFile(file.Key, file.Value.Length)).OrderBy(file => file.Path, StringComparer.Ordinal)];
    }

    public string Location => "memory";

    public IReadOnlyList<TreeFile> Files { get; }

    public void Read(TreeFile file, FileBytes into)
    {
        var bytes = _files[file.Path];
        bytes.Span.CopyTo(into.Resize(bytes.Length));
    }

    public void Dispose() { }
}
