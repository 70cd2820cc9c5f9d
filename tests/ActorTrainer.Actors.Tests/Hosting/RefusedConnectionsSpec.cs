using ActorTrainer.Actors.Hosting;

namespace ActorTrainer.Actors.Tests.Hosting;

public sealed class RefusedConnectionsSpec
{
    private readonly RefusedConnections _refused = new();

    [Fact]
    public void One_that_goes_on_trying_is_logged_once_and_another_is_too()
    {
        Assert.False(IsKnown("[[::ffff:10.0.0.1]:59228]"));
        Assert.True(IsKnown("[[::ffff:10.0.0.1]:59230]"));
        Assert.False(IsKnown("[[::ffff:10.0.0.2]:59228]"));
        Assert.False(_refused.IsKnown("TcpServerHandler (akka://actortrainer)", "TLS handshake failed on channel [[::ffff:10.0.0.9]:4053->[::ffff:10.0.0.1]:57228](Id=2d2b1659)"));
        Assert.True(_refused.IsKnown("TcpServerHandler (akka://actortrainer)", "TLS handshake failed on channel [[::ffff:10.0.0.9]:4053->[::ffff:10.0.0.1]:57230](Id=10aaa256)"));
    }

    [Fact]
    public void Another_node_that_can_not_be_reached_is_logged_once()
    {
        foreach (string peer in new[] { "10.0.0.1:4053", "10.0.0.1:4054" })
        {
            string said = $"Tried to associate with unreachable remote address [akka.tcp://actortrainer@{peer}]. Address is now gated for 1000 ms";
            Assert.False(_refused.IsKnown("remoting (akka://actortrainer)", said));
            Assert.True(_refused.IsKnown("remoting (akka://actortrainer)", said));
        }
    }

    [Fact]
    public void What_others_say_is_always_news()
    {
        for (int i = 0; i < 2; i++) Assert.False(_refused.IsKnown("Cluster (akka://actortrainer)", "the same"));
    }

    private bool IsKnown(string peer) => _refused.IsKnown("TcpServerHandler (akka://actortrainer)", $"Rejected incoming connection from {peer} due to TLS handshake failure.");
}
