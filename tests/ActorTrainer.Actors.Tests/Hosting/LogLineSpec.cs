using ActorTrainer.Actors.Hosting;
using Akka.Event;

namespace ActorTrainer.Actors.Tests.Hosting;

public sealed class LogLineSpec
{
    private const string Endpoint = "akka.tcp://actortrainer@10.0.0.1:4053/system/endpointManager/reliableEndpointWriter-akka.tcp%3A%2F%2Factortrainer%4010.0.0.2%3A4053-1";

    [Theory]
    [InlineData("akka.tcp://actortrainer@10.0.0.1:4053/user/node/seat-tiny-1", "Opened", "node/seat-tiny-1: Opened")]
    [InlineData("akka://actortrainer/user/experiment", "It stopped", "experiment: It stopped")]
    [InlineData("Cluster (akka://actortrainer)", "Cluster Node [akka.tcp://actortrainer@10.0.0.1:4053] - Node [akka.tcp://actortrainer@10.0.0.2:4053] is JOINING, roles [trainer]",
        "Cluster: Node [10.0.0.2:4053] is JOINING, roles [trainer]")]
    [InlineData("remoting", "Starting remoting", "remoting: Starting remoting")]
    public void Who_and_what_come_without_the_place_that_all_share(string source, string message, string expected) =>
        Assert.EndsWith($"Z INFO  {expected}", LogLine.Of(new Info(source, typeof(object), message)), StringComparison.Ordinal);

    [Fact]
    public void A_lost_connection_is_one_line()
    {
        const string Said = """
            Association with remote system akka.tcp://actortrainer@10.0.0.2:4053 has failed; address is now gated for 1000 ms. Reason is: [Akka.Remote.EndpointDisassociatedException: Disassociated
               at Akka.Remote.EndpointWriter.PublishAndThrow(Exception reason, LogLevel level, Boolean needToThrow)]
            """;
        Assert.EndsWith("Z WARN  remoting: The connection to 10.0.0.2:4053 is lost: Disassociated", LogLine.Of(new Warning(Endpoint, typeof(object), Said)), StringComparison.Ordinal);
        Assert.Null(LogLine.Of(new Error(new IOException("Disassociated"), Endpoint + "/endpointWriter", typeof(object), "Disassociated")));
        Assert.Null(LogLine.Of(new Info(Endpoint, typeof(object), "Removing receive buffers for [akka.tcp://actortrainer@10.0.0.1:4053]->[akka.tcp://actortrainer@10.0.0.2:4053]")));
    }

    [Fact]
    public void A_breakdown_keeps_its_stack()
    {
        string line = LogLine.Of(new Error(new InvalidOperationException("it can't be"), "akka://actortrainer/user/node", typeof(object), "The trainer broke down"))!;
        Assert.Contains("Z ERROR node: The trainer broke down", line, StringComparison.Ordinal);
        Assert.Contains("InvalidOperationException: it can't be", line, StringComparison.Ordinal);
    }
}
