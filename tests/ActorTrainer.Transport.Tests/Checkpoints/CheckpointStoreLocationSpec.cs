using ActorTrainer.Transport.Checkpoints;

namespace ActorTrainer.Transport.Tests.Checkpoints;

public sealed class CheckpointStoreLocationSpec
{
    [Theory]
    [InlineData("/shared/checkpoints")]
    [InlineData("file:///shared/checkpoints")]
    public void A_folder_has_one_folder_a_run(string text)
    {
        var location = CheckpointStoreLocation.Parse(text);
        Assert.Equal(new CheckpointStoreLocation.Folder("/shared/checkpoints"), location);
        Assert.Equal("/shared/checkpoints/birds", Assert.IsType<FolderCheckpointStore>(location.Open(new("birds"))).Root);
    }

    [Fact]
    public void A_bucket_has_a_prefix_an_endpoint_and_a_region()
    {
        Assert.Equal(new CheckpointStoreLocation.Bucket("models", "a b/c", new("http://store:9000"), "eu-1"),
            CheckpointStoreLocation.Parse("s3://models/a%20b/c/?endpoint=http%3A%2F%2Fstore:9000&region=eu-1"));
        Assert.Equal(new CheckpointStoreLocation.Bucket("models", "", null, null), CheckpointStoreLocation.Parse("s3://models"));
        Assert.Equal(new CheckpointStoreLocation.Bucket("models", "", new("https://store"), null), CheckpointStoreLocation.Parse("s3://models/?endpoint=https://store"));
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("ftp://host/x", "s3://BUCKET/PREFIX")]
    [InlineData("file://host/x", "file:///PATH")]
    [InlineData("s3://key:s3cret@bucket/x", "AWS_ACCESS_KEY_ID")]
    [InlineData("s3://bucket/x?endpoint=host", "endpoint=http(s)://HOST:PORT")]
    [InlineData("s3://bucket/x?acl=public", "acl=public")]
    public void What_is_not_understood_is_refused(string text, string says)
    {
        string message = Assert.Throws<FormatException>(() => CheckpointStoreLocation.Parse(text)).Message;
        Assert.Contains(says, message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", message, StringComparison.Ordinal);
    }
}
