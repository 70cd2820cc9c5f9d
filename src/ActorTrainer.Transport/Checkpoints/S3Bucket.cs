using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace ActorTrainer.Transport.Checkpoints;

/// <summary>An object of that key is there already, and was not to be replaced.</summary>
internal sealed class ObjectExistsException(string message, Exception inner) : IOException(message, inner);

/// <summary>
/// The few things that are done with objects, one blocking call each: a checkpoint is written and read on threads of its own. The client tries a
/// request again by itself; whatever fails then is an IOException, and a missing object a FileNotFoundException.
/// </summary>
internal sealed class S3Bucket(IAmazonS3 client, string name)
{
    public bool Has(string key)
    {
        try
        {
            Ask(key, client.GetObjectMetadataAsync(name, key));
            return true;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }

    public Stream Open(string key, out long length)
    {
        var answer = Ask(key, client.GetObjectAsync(name, key));
        length = answer.ContentLength;
        return answer.ResponseStream;
    }

    public IReadOnlyList<string> Keys(string prefix)
    {
        var keys = new List<string>();
        var request = new ListObjectsV2Request { BucketName = name, Prefix = prefix };
        do
        {
            var page = Ask(prefix, client.ListObjectsV2Async(request));
            keys.AddRange((page.S3Objects ?? []).Select(o => o.Key));
            request.ContinuationToken = page.IsTruncated == true ? page.NextContinuationToken : null;
        }
        while (request.ContinuationToken is not null);
        return keys;
    }

    public void Delete(string key) => Ask(key, client.DeleteObjectAsync(name, key));

    /// <param name="onlyIfNew">Throws <see cref="ObjectExistsException"/> where there is an object of that key.</param>
    public void Put(string key, MemoryStream bytes, bool onlyIfNew, CancellationToken cancel) => Ask(key, client.PutObjectAsync(
        new() { BucketName = name, Key = key, InputStream = bytes, AutoCloseStream = false, UseChunkEncoding = false, IfNoneMatch = onlyIfNew ? "*" : null }, cancel), cancel);

    public string BeginUpload(string key, CancellationToken cancel) => Ask(key, client.InitiateMultipartUploadAsync(name, key, cancel), cancel).UploadId;

    /// <param name="number">From 1.</param>
    public PartETag PutPart(string key, string upload, int number, MemoryStream bytes, CancellationToken cancel) => new(number, Ask(key, client.UploadPartAsync(
        new() { BucketName = name, Key = key, UploadId = upload, PartNumber = number, InputStream = bytes, PartSize = bytes.Length, UseChunkEncoding = false }, cancel), cancel).ETag);

    public void CompleteUpload(string key, string upload, List<PartETag> parts, CancellationToken cancel) =>
        Ask(key, client.CompleteMultipartUploadAsync(new() { BucketName = name, Key = key, UploadId = upload, PartETags = parts }, cancel), cancel);

    public void AbortUpload(string key, string upload) => Ask(key, client.AbortMultipartUploadAsync(name, key, upload));

    /// <summary>Those that a killed process left: they cost room, and no listing of objects shows them.</summary>
    public IReadOnlyList<(string Key, string Upload)> Uploads(string prefix)
    {
        var uploads = new List<(string, string)>();
        var request = new ListMultipartUploadsRequest { BucketName = name, Prefix = prefix };
        ListMultipartUploadsResponse page;
        do
        {
            page = Ask(prefix, client.ListMultipartUploadsAsync(request));
            uploads.AddRange((page.MultipartUploads ?? []).Select(found => (found.Key, found.UploadId)));
            (request.KeyMarker, request.UploadIdMarker) = (page.NextKeyMarker, page.NextUploadIdMarker);
        }
        while (page.IsTruncated == true);
        return uploads;
    }

    private T Ask<T>(string key, Task<T> answer, CancellationToken cancel = default)
    {
        try
        {
            return answer.GetAwaiter().GetResult();
        }
        catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.NotFound && e.ErrorCode != "NoSuchBucket")
        {
            throw new FileNotFoundException(Said(key, e), key, e);
        }
        catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.PreconditionFailed)
        {
            throw new ObjectExistsException(Said(key, e), e);
        }
        catch (Exception e) when (e is AmazonClientException or AmazonServiceException or HttpRequestException or TimeoutException
            || e is OperationCanceledException && !cancel.IsCancellationRequested)      // the client's own time limit
        {
            throw new IOException(Said(key, e), e);
        }
    }

    private string Said(string key, Exception e) => $"s3://{name}/{key}: {e.Message}";
}
