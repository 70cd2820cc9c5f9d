using System.Collections.Concurrent;
using ActorTrainer.Core.Data;
using ActorTrainer.Data.Inspection;
using ActorTrainer.Transport;

namespace ActorTrainer.DataSets;

/// <summary>A data set that was uploaded.</summary>
/// <param name="Bytes">Of its zip.</param>
/// <param name="Created">When it was taken.</param>
internal sealed record ShelvedDataSet(DataSetName Name, long Bytes, DateTimeOffset Created, System.Collections.Immutable.ImmutableArray<ArchivePart> Parts);

/// <summary>
/// The folder of uploaded data sets: a zip each, as it was sent and never unpacked, under a name that stays what it was. Nothing else is kept: what a data set holds stands in its zip,
/// so gateways that share the folder agree.
/// </summary>
internal sealed class DataSetShelf(string folder, TimeProvider time)
{
    private const string Extension = ".zip", Unfinished = ".upload-";

    /// <summary>What a process left that died in the middle of an upload.</summary>
    private static readonly TimeSpan Abandoned = TimeSpan.FromDays(1);

    private readonly ConcurrentDictionary<DataSetName, ShelvedDataSet> _known = [];
    private volatile OpenedDataSet? _opened;

    /// <summary>By name. What can't be read is none.</summary>
    public IReadOnlyList<ShelvedDataSet> List() => !Directory.Exists(folder) ? [] :
    [
        .. Directory.EnumerateFiles(folder, "*" + Extension).Select(file => Path.GetFileNameWithoutExtension(file)).Where(DataSetName.IsValid)
            .Order(StringComparer.Ordinal).Select(name => Find(new(name))).OfType<ShelvedDataSet>(),
    ];

    /// <summary>Null: there is none of that name.</summary>
    public ShelvedDataSet? Find(DataSetName name)
    {
        var file = new FileInfo(PathOf(name));
        if (!file.Exists) return null;
        var created = new DateTimeOffset(file.LastWriteTimeUtc, TimeSpan.Zero);
        if (_known.TryGetValue(name, out var known) && known.Bytes == file.Length && known.Created == created) return known;
        try
        {
            using var archive = PictureArchive.Open(file.FullName);
            return _known[name] = new(name, file.Length, created, archive.Parts);
        }
        catch (DataException)
        {
            return null;
        }
    }

    /// <summary>Whether there is one, whatever state it is in.</summary>
    public bool Has(DataSetName name) => File.Exists(PathOf(name));

    /// <summary>Where it stands on this node's disk. Throws <see cref="DataException"/> where there is none of that name.</summary>
    public string Locate(RegisteredData data)
    {
        string path = PathOf(data.Name);
        if (File.Exists(path)) return data.Inside.Length == 0 ? path : $"{path}/{data.Inside}";
        string there = string.Join(", ", List().Take(10).Select(set => set.Name));
        throw new DataException($"{data}: no data set '{data.Name}' was uploaded{(there.Length > 0 ? $". There are: {there}" : "")}. They are looked for in {folder}.");
    }

    /// <summary>
    /// Throws <see cref="DataException"/> where it can't be read. Shared: many who look at one data set read its directory once. It is closed by whoever forgets it last, and so by nobody here.
    /// </summary>
    public PictureArchive Open(ShelvedDataSet set)
    {
        if (_opened is var (last, archive) && last == set) return archive;
        archive = PictureArchive.Open(PathOf(set.Name));
        _opened = new(set, archive);
        return archive;
    }

    /// <summary>
    /// Takes what a stream holds. It has its name when all of it was read, checked and flushed: whoever finds the name finds the whole. Null: there is one of that name, which stays.
    /// Throws <see cref="DataException"/> for what is refused.
    /// </summary>
    public async Task<ShelvedDataSet?> AddAsync(DataSetName name, Stream content, ArchiveLimits limits, CancellationToken cancel)
    {
        Directory.CreateDirectory(folder);
        SweepAbandoned();
        string temporary = Path.Combine(folder, $"{Unfinished}{Guid.NewGuid():N}");
        try
        {
            await using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16, useAsync: true))
            {
                await content.CopyToAsync(file, 1 << 16, cancel).ConfigureAwait(false);
                file.Flush(flushToDisk: true);
            }

            await Task.Run(() => Check(temporary, limits, cancel), cancel).ConfigureAwait(false);
            return NamedOnce.TryName(temporary, PathOf(name)) ? Find(name) : null;
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>False: there was none.</summary>
    public bool Remove(DataSetName name)
    {
        if (!Has(name)) return false;
        File.Delete(PathOf(name));
        _known.TryRemove(name, out _);
        _opened = null;
        return true;
    }

    /// <summary>Messages name the file as its sender does, by what was sent.</summary>
    private static void Check(string file, ArchiveLimits limits, CancellationToken cancel)
    {
        try
        {
            using var archive = PictureArchive.Open(file);
            archive.Check(limits, cancel);
        }
        catch (DataException e)
        {
            throw new DataException(e.Message.Replace(file, "The upload", StringComparison.Ordinal), e);
        }
    }

    private void SweepAbandoned()
    {
        foreach (string file in Directory.EnumerateFiles(folder, Unfinished + "*").Where(file => time.GetUtcNow() - File.GetLastWriteTimeUtc(file) > Abandoned)) File.Delete(file);
    }

    private string PathOf(DataSetName name) => Path.Combine(folder, name + Extension);

    private sealed record OpenedDataSet(ShelvedDataSet Set, PictureArchive Archive);
}
