using System.Buffers;
using System.Net;
using System.Security.Cryptography;
using ActorTrainer.Client.Http;

namespace ActorTrainer.Client;

/// <summary>A large file that comes in as many pieces as gateways break off: a version's weights never change, so the pieces fit.</summary>
/// <param name="sha256">Of the whole file; null: it is not known.</param>
internal sealed class WeightsDownload(Gateways gateways, string path, string? sha256)
{
    private const int Chunk = 1 << 16;
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(60);

    /// <summary>Throws <see cref="ServiceException"/>; what the destination throws comes through.</summary>
    public async Task WriteAsync(Stream destination, IProgress<long>? progress, CancellationToken cancel)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Chunk);
        try
        {
            long done = 0;
            for (bool isLast = false; !isLast;)
            {
                long before = done;
                using var answer = await gateways.AskAsync(new(HttpMethod.Get, path)
                {
                    Head = message => { if (before > 0) message.Headers.Range = new(before, null); },
                    Wait = TimeSpan.Zero,       // 503 says that the file can't be read
                }, Gateways.Stream, cancel).ConfigureAwait(false);
                await using var stream = await answer.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
                // A bucket's file comes from its beginning, whatever was asked for.
                long skip = answer.StatusCode == HttpStatusCode.PartialContent && answer.Content.Headers.ContentRange is { From: { } from } ? before - from : before;
                if (skip < 0) throw Damaged();
                ServiceException? broken = null;
                while (broken is null)
                {
                    (int read, broken) = await TryReadAsync(stream, buffer, cancel).ConfigureAwait(false);
                    if (read == 0) break;
                    int old = (int)Math.Min(skip, read);
                    skip -= old;
                    if (old == read) continue;
                    hash.AppendData(buffer, old, read - old);
                    await destination.WriteAsync(buffer.AsMemory(old, read - old), cancel).ConfigureAwait(false);
                    done += read - old;
                    progress?.Report(done);
                }

                isLast = broken is null;
                if (broken is not null && done == before) throw broken;     // a piece has to bring something
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        if (sha256 is not null && !Convert.ToHexStringLower(hash.GetHashAndReset()).Equals(sha256, StringComparison.OrdinalIgnoreCase)) throw Damaged();
    }

    private async Task<(int Read, ServiceException? Broken)> TryReadAsync(Stream stream, byte[] buffer, CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(Silence);
        try
        {
            return (await stream.ReadAsync(buffer.AsMemory(0, Chunk), patience.Token).ConfigureAwait(false), null);
        }
        catch (IOException e)
        {
            return (0, Losses.Of(e, gateways.Shown));
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            return (0, Losses.Silent(gateways.Shown, e));
        }
    }

    private ServiceException Damaged() => new(ServiceFailure.Unreadable, $"The weights that {gateways.Shown} sent are not those that the model has: try again.");
}
