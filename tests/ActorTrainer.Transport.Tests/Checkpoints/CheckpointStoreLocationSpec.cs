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
        Assert.Equal("/shared/checkpoints/birds", Assert.IsType<FolderCheckpointStore>(location.Below("birds").Open()).Root);
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
    [InlineData("/shared/check points")]
    [InlineData("s3://models")]
    [InlineData("s3://models/a%20b/c?endpoint=http%3A%2F%2Fstore:9000&region=eu-1")]
    [InlineData("s3://models/x?endpoint=https://store/a%2526b")]
    public void As_text_it_is_read_back_to_the_same(string text)
    {
        var place = CheckpointStoreLocation.Parse(text).Below("birds-1");
        Assert.Equal(place, CheckpointStoreLocation.Parse(place.ToString()));
    }

    [Fact]
    public void A_bucket_is_reached_as_is_said_now_and_not_as_when_the_run_began()
    {
        var then = CheckpointStoreLocation.Parse("s3://models/birds-1?endpoint=http://inside:9000");
        Assert.Equal(CheckpointStoreLocation.Parse("s3://models/birds-1?endpoint=https://outside&region=eu-1"),
            then.ReachedAs(CheckpointStoreLocation.Parse("s3://models/others?endpoint=https://outside&region=eu-1")));
        Assert.Equal(then, then.ReachedAs(CheckpointStoreLocation.Parse("s3://other?endpoint=https://outside")));
        Assert.Equal(then, then.ReachedAs(CheckpointStoreLocation.Parse("/shared")));
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
