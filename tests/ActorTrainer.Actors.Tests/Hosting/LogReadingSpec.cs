using ActorTrainer.Actors.Hosting;
using Akka.Event;

namespace ActorTrainer.Actors.Tests.Hosting;

public sealed class LogReadingSpec
{
    private const string Endpoint = "akka.tcp://actortrainer@10.0.0.1:4053/system/endpointManager/reliableEndpointWriter-akka.tcp%3A%2F%2Factortrainer%4010.0.0.2%3A4053-1";

    [Theory]
    [InlineData("akka.tcp://actortrainer@10.0.0.1:4053/user/node/seat-tiny-1", "Opened", "node/seat-tiny-1 [experiment=tiny]: Opened")]
    [InlineData("akka://actortrainer/user/experiment", "It stopped", "experiment: It stopped")]
    [InlineData("Cluster (akka://actortrainer)", "Cluster Node [akka.tcp://actortrainer@10.0.0.1:4053] - Node [akka.tcp://actortrainer@10.0.0.2:4053] is JOINING, roles [trainer]",
        "Cluster: Node [10.0.0.2:4053] is JOINING, roles [trainer]")]
    [InlineData("remoting", "Starting remoting", "remoting: Starting remoting")]
    public void Who_and_what_come_without_the_place_that_all_share(string source, string message, string expected) =>
        Assert.EndsWith($"Z INFO  {expected}", LogReading.Of(new Info(source, typeof(object), message))!.ToText(), StringComparison.Ordinal);

    [Fact]
    public void A_lost_connection_is_one_line()
    {
        const string Said = """
            Association with remote system akka.tcp://actortrainer@10.0.0.2:4053 has failed; address is now gated for 1000 ms. Reason is: [Akka.Remote.EndpointDisassociatedException: Disassociated
               at Akka.Remote.EndpointWriter.PublishAndThrow(Exception reason, LogLevel level, Boolean needToThrow)]
            """;
        Assert.EndsWith("Z WARN  remoting: The connection to 10.0.0.2:4053 is lost: Disassociated", LogReading.Of(new Warning(Endpoint, typeof(object), Said))!.ToText(), StringComparison.Ordinal);
        Assert.Null(LogReading.Of(new Error(new IOException("Disassociated"), Endpoint + "/endpointWriter", typeof(object), "Disassociated")));
        Assert.Null(LogReading.Of(new Info(Endpoint, typeof(object), "Removing receive buffers for [akka.tcp://actortrainer@10.0.0.1:4053]->[akka.tcp://actortrainer@10.0.0.2:4053]")));
    }

    [Fact]
    public void A_breakdown_keeps_its_stack()
    {
        string line = LogReading.Of(new Error(new InvalidOperationException("it can't be"), "akka://actortrainer/user/node", typeof(object), "The trainer broke down"))!.ToText();
        Assert.Contains("Z ERROR node: The trainer broke down", line, StringComparison.Ordinal);
        Assert.Contains("InvalidOperationException: it can't be", line, StringComparison.Ordinal);
    }

    /// <summary>By the message's own words where it has them, else by the actor's place.</summary>
    [Theory]
    [InlineData("akka://actortrainer/user/node/seat-birds-2-14/trainer-1", "Generation {Generation} was interrupted after step {Step}", "birds-2", 7)]
    [InlineData("akka://actortrainer/user/coordination/singleton/actor/experiment-birds-3/experiment/generation-9-begun-1", "{Node}: {Reason}", "birds", 9)]
    [InlineData("akka://actortrainer/user/coordination/singleton/actor", "{Experiment} stopped without having ended; it begins again in {Pause}", "7", null)]
    [InlineData("akka://actortrainer/user/experiment-desk", "It is open", null, null)]
    public void It_is_known_which_experiment_and_generation_a_line_is_about(string source, string template, string? experiment, int? generation)
    {
        var e = new Info(source, typeof(object), new Template(template, 7, 8));
        var line = LogReading.Of(e)!;
        Assert.Equal((experiment, generation), (line.Experiment, line.Generation));
    }

    [Fact]
    public void As_JSON_it_is_one_line_that_reads_back()
    {
        var line = new LogLine(new(2026, 11, 24, 12, 0, 0, 5, TimeSpan.Zero), "ERROR", "node/seat-tiny-1", "It \"broke\"\ndown", "tiny", 3, "System.Exception: no\n   at Here()");
        string json = line.ToJson();
        Assert.Equal("""{"time":"2026-11-24T12:00:00.005+00:00","level":"ERROR","source":"node/seat-tiny-1","message":"It \"broke\"\ndown","experiment":"tiny","generation":3,"exception":"System.Exception: no\n   at Here()"}""", json);
        Assert.Equal(line, LogLine.Parse(json));
        Assert.Equal("""{"time":"2026-11-24T12:00:00.005+00:00","level":"INFO","message":"In the cluster."}""", LogLine.Said(line.Time, "In the cluster.").ToJson());
        Assert.Null(LogLine.Parse(json[..40]));
        Assert.StartsWith("2026-11-24T12:00:00.005Z ERROR node/seat-tiny-1 [experiment=tiny generation=3]: It ", line.ToText(), StringComparison.Ordinal);
    }

    private sealed class Template(string text, params object[] values) : LogMessage(DefaultLogMessageFormatter.Instance, text)
    {
        public override string Unformatted() => Format;

        public override IEnumerable<object> Parameters() => values;
    }
}
