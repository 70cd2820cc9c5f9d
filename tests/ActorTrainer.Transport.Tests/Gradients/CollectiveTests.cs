namespace ActorTrainer.Transport.Tests.Gradients;

/// <summary>One after the other: some count what is left in the process, others measure how soon something ends.</summary>
[CollectionDefinition(Name)]
public sealed class CollectiveTests
{
    public const string Name = "collective";
}
