using ActorTrainer.Client.Http;

namespace ActorTrainer.Client;

/// <summary>Data sets that the service keeps, for experiments to name. Every call throws <see cref="ServiceException"/>. Uploading asks for a key with the scope submit, deleting for admin.</summary>
public sealed class DataSetsClient
{
    private const string Root = "/v1/data-sets";

    private readonly Gateways _gateways;

    internal DataSetsClient(Gateways gateways) => _gateways = gateways;

    /// <summary>By name.</summary>
    public async Task<IReadOnlyList<DataSet>> ListAsync(CancellationToken cancel = default) => await _gateways.GetAsync(Root, ClientJson.Default.DataSetArray, cancel).ConfigureAwait(false);

    public Task<DataSet> ShowAsync(string name, CancellationToken cancel = default) => _gateways.GetAsync(Of(name), ClientJson.Default.DataSet, cancel);

    /// <summary>
    /// Uploads a zip: a folder a class, or <c>train</c>, <c>val</c> and <c>test</c> folders of such. The answer comes when every picture was looked at. An upload that breaks off leaves nothing, and is not repeated: the
    /// stream is read once. The service's refusals: 409 the name is taken, 413 it is too large, 422 it is no such zip, 507 the disk is too small, 429 others are uploading. What reading the stream throws comes through.
    /// </summary>
    /// <param name="name">How experiments will name it. It is given once.</param>
    /// <param name="zip">Read from where it stands, and left open.</param>
    public Task<DataSet> UploadAsync(string name, Stream zip, IProgress<UploadProgress>? progress = null, CancellationToken cancel = default) =>
        UploadAsync(name, zip.CanSeek ? zip.Length - zip.Position : null, (to, stop) => CopyAsync(zip, to, stop), progress, cancel);

    /// <summary>
    /// Uploads what is in a folder, zipped while it is sent: nothing is written to a disk here. The same files give the same zip, to the bit. Files and folders whose names begin with a dot are left out; links are followed.
    /// Throws <see cref="IOException"/> where the folder can't be read, or changes meanwhile; else as <see cref="UploadAsync(string, Stream, IProgress{UploadProgress}, CancellationToken)"/>.
    /// </summary>
    public async Task<DataSet> UploadFolderAsync(string name, string folder, IProgress<UploadProgress>? progress = null, CancellationToken cancel = default)
    {
        // Listing and measuring wait for nothing, and so would keep whoever called.
        var (zip, length) = await Task.Run(async () =>
        {
            var found = FolderZip.Of(folder);
            return (found, await found.MeasureAsync(cancel).ConfigureAwait(false));
        }, cancel).ConfigureAwait(false);
        return await UploadAsync(name, length, zip.WriteAsync, progress, cancel).ConfigureAwait(false);
    }

    /// <summary>Deletes one that no experiment under way is trained on (else 409). Not repeated once it was sent.</summary>
    public Task DeleteAsync(string name, CancellationToken cancel = default) => _gateways.AskAsync(new(HttpMethod.Delete, Of(name)), Gateways.Nothing, cancel);

    /// <param name="length">Bytes; null: not known.</param>
    private Task<DataSet> UploadAsync(string name, long? length, Func<Stream, CancellationToken, Task> write, IProgress<UploadProgress>? progress, CancellationToken cancel) => _gateways.AskAsync(new(HttpMethod.Put, Of(name))
    {
        // Refused by its head alone, it is not sent at all.
        Head = message => message.Headers.ExpectContinue = true,
        Body = alive => new UploadContent(write, length, sent =>
        {
            alive();
            progress?.Report(new(sent, length));
        })
        { Headers = { ContentType = new("application/zip") } },
        Patience = Question.LongPatience,
    }, ClientJson.Default.DataSet, cancel);

    private static async Task CopyAsync(Stream from, Stream to, CancellationToken cancel)
    {
        byte[] buffer = new byte[1 << 16];
        while (await ReadAsync(from, buffer, cancel).ConfigureAwait(false) is var read and > 0) await to.WriteAsync(buffer.AsMemory(0, read), cancel).ConfigureAwait(false);
    }

    private static async Task<int> ReadAsync(Stream from, byte[] buffer, CancellationToken cancel)
    {
        try
        {
            return await from.ReadAsync(buffer, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new SourceException(e);
        }
    }

    private static string Of(string name) => $"{Root}/{Uri.EscapeDataString(name)}";
}
