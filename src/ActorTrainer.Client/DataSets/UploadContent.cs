using System.Net;

namespace ActorTrainer.Client;

/// <summary>A body that is made while it is sent, and says how far it is.</summary>
/// <param name="bytes">Its length; null: not known, and it is sent in chunks.</param>
/// <param name="sent">Told the bytes so far.</param>
internal sealed class UploadContent(Func<Stream, CancellationToken, Task> write, long? bytes, Action<long> sent) : HttpContent
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await using var counted = new CountingStream(stream, sent);
        await write(counted, cancellationToken).ConfigureAwait(false);
        await counted.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = bytes ?? 0;
        return bytes is not null;
    }
}
