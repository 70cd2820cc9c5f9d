using System.CommandLine;
using ActorTrainer.Benchmarks.Features;
using ActorTrainer.Benchmarks.Memory;
using ActorTrainer.Benchmarks.Micro;
using ActorTrainer.Benchmarks.Overhead;
using ActorTrainer.Benchmarks.Serving;

return await Benchmarks.Create().Parse(args).InvokeAsync();

/// <summary>The benchmarks by name: a table for people on stderr, one line of JSON on stdout.</summary>
internal static class Benchmarks
{
    public static RootCommand Create() => new("What ActorTrainer's own machinery costs on this machine") { OverheadCommand.Create(), FeaturesCommand.Create(), MemoryCommand.Create(), ServingCommand.Create(), MicroCommand.Create() };
}
