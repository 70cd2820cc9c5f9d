/// <summary>The runtime calls this before Main where DOTNET_STARTUP_HOOKS names this assembly; it must stand outside any namespace. Writes down what was loaded.</summary>
internal static class StartupHook
{
    public const string Variable = "ACTORTRAINER_TEST_LOADED";

    public static void Initialize() => AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        File.WriteAllLines(Environment.GetEnvironmentVariable(Variable)!, AppDomain.CurrentDomain.GetAssemblies().Select(assembly => assembly.GetName().Name!));
}
