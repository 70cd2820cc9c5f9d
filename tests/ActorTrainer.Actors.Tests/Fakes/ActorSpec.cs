using ActorTrainer.Actors.Hosting;
using Akka.Configuration;

namespace ActorTrainer.Actors.Tests.Fakes;

internal static class ActorSpec
{
    /// <summary>The product's own configuration, every message serialised, and a journal in memory.</summary>
    public static Config Configuration { get; } = ConfigurationFactory.ParseString("""
        akka {
          actor {
            serialize-messages = on
            serializers.pass-through = "ActorTrainer.Actors.Tests.Fakes.PassThroughSerializer, ActorTrainer.Actors.Tests"
            serialization-bindings {
              "Akka.Persistence.Journal.AsyncWriteJournal+Desequenced, Akka.Persistence" = pass-through
              "Akka.Persistence.IJournalMessage, Akka.Persistence" = pass-through
            }
          }
          loggers = ["Akka.TestKit.TestEventListener, Akka.TestKit"]
          persistence.journal.plugin = "akka.persistence.journal.inmem"
        }
        """).WithFallback(ActorTrainerSystem.Configuration());
}
