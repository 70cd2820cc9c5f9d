using Amazon.S3.Model;

namespace ActorTrainer.Transport.Checkpoints;

/// <summary>
/// An object on its way: one request where it is small, else a multipart upload that begins when the first part is full. Nobody sees any of it before
/// <see cref="Complete"/>.
/// </summary>
internal sealed class S3Upload(S3Bucket bucket, string key, int partBytes, bool onlyIfNew, CancellationToken cancel) : Stream, IFileInWriting
{
    private readonly MemoryStream _part = new();
    private readonly List<PartETag> _parts = [];
    private string? _upload;

    public Stream Stream => this;

    public override bool CanRead => false;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            if (_part.Length == partBytes) SendPart();
            int fits = (int)Math.Min(buffer.Length, partBytes - _part.Length);
            _part.Write(buffer[..fits]);
            buffer = buffer[fits..];
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public void Complete()
    {
        if (_upload is null)
        {
            _part.Position = 0;
            bucket.Put(key, _part, onlyIfNew, cancel);
            return;
        }

        SendPart();
        bucket.CompleteUpload(key, _upload, _parts, cancel);
        _upload = null;
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing && _upload is { } unfinished)
        {
            _upload = null;
            Abort(unfinished);
        }

        base.Dispose(disposing);
    }

    private void SendPart()
    {
        if (onlyIfNew) throw new InvalidOperationException($"{key} is too large for one request.");
        _upload ??= bucket.BeginUpload(key, cancel);
        _part.Position = 0;
        _parts.Add(bucket.PutPart(key, _upload, _parts.Count + 1, _part, cancel));
        _part.SetLength(0);
    }

    /// <summary>The failure that is on its way says more than one met here; what stays is swept at the next start.</summary>
    private void Abort(string upload)
    {
        try
        {
            bucket.AbortUpload(key, upload);
        }
        catch (IOException)
        {
        }
    }
}
