using ActorTrainer.Commands;
using ActorTrainer.Core.Training;
using ActorTrainer.Data;
using ActorTrainer.Hosting;
using ActorTrainer.Terminal;

namespace ActorTrainer.Tests.Commands;

/// <summary>The program in this process, its streams as text.</summary>
internal sealed record Invocation(int ExitCode, string Output, string Error)
{
    public static Services Services { get; } = new(
        (_, _, _) => throw new EngineException("no training here"), () => new DataReader(), () => new FakeEngine(), (_, _, _) => throw new EngineException("no export here"));

    public static Task<Invocation> Of(params string[] args) => Of(Services, args);

    public static async Task<Invocation> Of(Services services, params string[] args)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var screen = Screen.Redirected(output, error);
        int code = await CommandTree.InvokeAsync(CommandTree.Create(screen, services), args, screen, CancellationToken.None);
        return new(code, output.ToString(), error.ToString());
    }
}
