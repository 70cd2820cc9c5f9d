namespace ActorTrainer.EndToEnd.Tests.Processes;

/// <summary>Tests that are worth their minutes now and then: <c>ACTORTRAINER_LONG=1 dotnet test tests/ActorTrainer.EndToEnd.Tests</c>.</summary>
internal static class Long
{
    public const string Variable = "ACTORTRAINER_LONG";

    public static bool IsAsked { get; } = Environment.GetEnvironmentVariable(Variable) == "1";

    public static void Only() => Skip.IfNot(IsAsked, $"takes minutes; {Variable}=1 runs it");
}
