using ActorTrainer.Client;

namespace ActorTrainer.Tests.Client;

public sealed class ClientOptionsSpec
{
    [Fact]
    public void Servers_are_written_with_commas_between_them() =>
        Assert.Equal(["http://127.0.0.1:4080/", "https://gateway.example/"], ServerAddresses.Parse("http://127.0.0.1:4080, https://gateway.example,http://127.0.0.1:4080").Select(address => address.ToString()));

    [Theory]
    [InlineData("")]
    [InlineData(",")]
    [InlineData("gateway.example:4080")]
    [InlineData("http://127.0.0.1:4080,nonsense")]
    [InlineData("http://me:secret@host")]
    [InlineData("http://host/v1")]
    [InlineData("ftp://host")]
    public void What_can_be_no_server_is_refused(string text) =>
        Assert.DoesNotContain("secret", Assert.Throws<FormatException>(() => ServerAddresses.Parse(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("https://a.example,http://b.example", "atk_0123")]
    [InlineData("https://a.example", "atk 0123")]
    public void A_key_is_sent_to_nobody_who_could_be_overheard_and_never_shown(string servers, string key)
    {
        var options = new ClientOptions { Servers = ServerAddresses.Parse(servers), Key = key };
        Assert.DoesNotContain(key, Assert.Throws<FormatException>(() => new ActorTrainerClient(options)).Message, StringComparison.Ordinal);
        Assert.DoesNotContain(key, options.ToString(), StringComparison.Ordinal);
    }
}
