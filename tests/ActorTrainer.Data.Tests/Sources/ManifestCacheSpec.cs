using ActorTrainer.Core.Data;
using ActorTrainer.Data.Sources;

namespace ActorTrainer.Data.Tests.Sources;

public sealed class ManifestCacheSpec : IDisposable
{
    private readonly TemporaryFolder _data = new(), _cache = new();

    public ManifestCacheSpec()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "stamps are read by statx");
        for (byte i = 0; i < 6; i++) _data.WritePicture($"{(i % 2 == 0 ? "a" : "b")}/{i}.png", i);
    }

    public void Dispose()
    {
        _data.Dispose();
        _cache.Dispose();
    }

    [SkippableFact]
    public void A_second_start_reads_no_file_and_finds_the_same()
    {
        _data.Write("b/broken.png", [1, 2, 3]);
        var (first, readFirst) = Open();
        var (second, readSecond) = Open();
        Assert.Equal(7, readFirst);
        Assert.Equal(0, readSecond);
        Assert.Equal(first.Manifest.Hash, second.Manifest.Hash);
        Assert.Equal(first.Manifest.Samples.ToArray(), second.Manifest.Samples.ToArray());
        Assert.Equal(first.Problems.ToArray(), second.Problems.ToArray());
        Assert.Single(second.Problems);
        Assert.Equal(Open(cached: false).Data.Manifest.Hash, second.Manifest.Hash);
    }

    [SkippableFact]
    public void A_zip_is_known_until_it_changes()
    {
        string zip = _data.WriteZip("pictures.zip", ("a/1.png", TemporaryFolder.Picture(1)), ("b/2.png", TemporaryFolder.Picture(2)));
        Assert.Equal(2, Open(zip: zip).Read);
        Assert.Equal(0, Open(zip: zip).Read);
        File.SetLastWriteTimeUtc(zip, Later(-60).GetUtcNow().UtcDateTime);
        Assert.Equal(2, Open(zip: zip).Read);
    }

    [SkippableFact]
    public void A_file_of_the_same_size_with_another_content_is_noticed()
    {
        string before = Open().Data.Manifest.Hash;
        string changed = Path.Combine(_data.Path, "a", "0.png");
        byte[] bytes = File.ReadAllBytes(changed);
        bytes[^1] ^= 1;
        File.WriteAllBytes(changed, bytes);
        var (after, read) = Open();
        Assert.Equal(1, read);
        Assert.NotEqual(before, after.Manifest.Hash);
        Assert.Equal(Open(cached: false).Data.Manifest.Hash, after.Manifest.Hash);
    }

    /// <summary>As cp -p, rsync -t and archives do: same size, same time of modification.</summary>
    [SkippableFact]
    public void So_is_one_whose_time_was_set_back()
    {
        string before = Open().Data.Manifest.Hash, changed = Path.Combine(_data.Path, "a", "0.png");
        var time = File.GetLastWriteTimeUtc(changed);
        byte[] bytes = File.ReadAllBytes(changed);
        bytes[^1] ^= 1;
        File.WriteAllBytes(changed, bytes);
        File.SetLastWriteTimeUtc(changed, time);
        Assert.NotEqual(before, Open().Data.Manifest.Hash);
    }

    [SkippableFact]
    public void What_changed_a_moment_ago_is_not_kept()
    {
        Assert.Equal(6, Open(later: 0).Read);
        Assert.Equal(6, Open(later: 0).Read);
        Assert.Empty(Directory.EnumerateFiles(_cache.Path));
    }

    [SkippableFact]
    public void A_cache_that_is_damaged_anywhere_is_as_good_as_none()
    {
        string expected = Open().Data.Manifest.Hash, file = Directory.EnumerateFiles(_cache.Path).Single();
        byte[] whole = File.ReadAllBytes(file);
        for (int at = 0; at < whole.Length; at += 7)
        {
            byte[] bytes = [.. whole];
            bytes[at] ^= 0x10;
            File.WriteAllBytes(file, bytes);
            Assert.Empty(new ManifestCache(_cache.Path, Later()).Load(_data.Path));
        }

        foreach (int length in new[] { 0, 5, 40, whole.Length - 1 })
        {
            File.WriteAllBytes(file, whole[..length]);
            var (data, read) = Open();
            Assert.Equal(6, read);
            Assert.Equal(expected, data.Manifest.Hash);
        }
    }

    [SkippableFact]
    public void Writers_at_the_same_time_leave_a_whole_cache()
    {
        Parallel.For(0, 16, new ParallelOptions { MaxDegreeOfParallelism = 8 }, _ => Open());
        Assert.Equal(0, Open().Read);
        Assert.Single(Directory.EnumerateFiles(_cache.Path));
    }

    [SkippableFact]
    public void The_oldest_go_where_there_is_no_more_room()
    {
        var stamp = new FileStamp(1, 2, 3, 4);
        KeyValuePair<string, CheckedFile>[] files = [new("a/1.png", new(stamp, new string('0', 64), true, null))];
        string[] locations = ["/one", "/two", "/three", "/four"];
        for (int i = 0; i < locations.Length; i++) new ManifestCache(_cache.Path, Later(i), mostBytes: 700).Save(locations[i], files);
        var cache = new ManifestCache(_cache.Path, Later());
        Assert.InRange(Directory.EnumerateFiles(_cache.Path).Sum(path => new FileInfo(path).Length), 1, 700);
        Assert.Empty(cache.Load("/one"));
        Assert.Single(cache.Load("/four"));
    }

    [SkippableFact]
    public void A_folder_that_can_not_be_written_costs_nothing_but_time()
    {
        string file = _cache.Write("a-file", []);
        var cache = new ManifestCache(Path.Combine(file, "below"), Later());
        using var data = new DataReader(cache).Open(_data.Path, null, null, default);
        Assert.Equal(6, data.Manifest.Samples.Length);
    }

    [SkippableFact]
    public void The_environment_says_where_it_is_and_whether()
    {
        Assert.Null(ManifestCache.OfUser(name => name == UserCache.Variable ? "off" : "/home/somebody", TimeProvider.System));
        Assert.Null(ManifestCache.OfUser(_ => null, TimeProvider.System));
        var cache = ManifestCache.OfUser(name => name == "XDG_CACHE_HOME" ? _cache.Path : null, Later())!;
        using var data = new DataReader(cache).Open(_data.Path, null, null, default);
        Assert.Single(Directory.EnumerateFiles(Path.Combine(_cache.Path, "actortrainer", "manifests")));
    }

    /// <param name="later">Seconds after now at which it is opened: what a test has just written is settled then.</param>
    private (IDataSet Data, int Read) Open(bool cached = true, int later = 60, string? zip = null)
    {
        var tree = new CountingTree(zip is null ? new FolderTree(_data.Path) : new ZipTree(zip, ""));
        using var data = ClassFolders.Open(tree, null, null, default, cache: cached ? new(_cache.Path, Later(later)) : null);
        return (data, tree.Read);
    }

    private static ShiftedTime Later(int seconds = 60) => new(TimeSpan.FromSeconds(seconds));

    private sealed class ShiftedTime(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + by;
    }

    private sealed class CountingTree(IFileTree tree) : IFileTree
    {
        private int _read;

        public int Read => _read;

        public string Location => tree.Location;

        public IReadOnlyList<TreeFile> Files => tree.Files;

        void IFileTree.Read(TreeFile file, FileBytes into)
        {
            Interlocked.Increment(ref _read);
            tree.Read(file, into);
        }

        public FileStamp? StampOf(TreeFile file) => tree.StampOf(file);

        public void Dispose() => tree.Dispose();
    }
}
