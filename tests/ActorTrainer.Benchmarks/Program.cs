using System.CommandLine;
using ActorTrainer.Benchmarks.Compare;
using ActorTrainer.Benchmarks.Features;
using ActorTrainer.Benchmarks.Hostile;
using ActorTrainer.Benchmarks.Memory;
using ActorTrainer.Benchmarks.Micro;
using ActorTrainer.Benchmarks.Network;
using ActorTrainer.Benchmarks.Serving;

return await Benchmarks.Create().Parse(args).InvokeAsync();

/// <summary>The benchmarks by name: a table for people on stderr, one line of JSON on stdout.</summary>
internal static class Benchmarks
{
    public static RootCommand Create() => new("What ActorTrainer's own machinery costs on this machine") { FeaturesCommand.Create(), MemoryCommand.Create(), MicroCommand.Create(), NetworkCommand.Create(), ServingLoadCommand.Create(), HostileCommand.Create(), CompareCommand.Create() };
}
