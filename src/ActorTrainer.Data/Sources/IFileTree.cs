namespace ActorTrainer.Data.Sources;

/// <summary>A file somewhere below a tree's root.</summary>
/// <param name="Path">Relative, with '/'.</param>
/// <param name="Size">Bytes, uncompressed.</param>
internal readonly record struct TreeFile(string Path, long Size);

/// <summary>
/// Files by relative path, whatever holds them: a folder, a part of a zip, memory. What the files mean (class folders, records) is said elsewhere.
/// Reading is safe from any number of threads at once.
/// </summary>
internal interface IFileTree : IDisposable
{
    /// <summary>For messages: what a person would call it.</summary>
    string Location { get; }

    /// <summary>In ordinal order of their paths.</summary>
    IReadOnlyList<TreeFile> Files { get; }

    /// <summary>All bytes of one file. Throws <see cref="IOException"/>, or <see cref="Decoding.CorruptImageException"/> where what holds it is damaged.</summary>
    void Read(TreeFile file, FileBytes into);

    /// <summary>Of what holds the file's bytes, as it stands now; null where that can't be told.</summary>
    FileStamp? StampOf(TreeFile file) => null;
}
