using ActorTrainer.Commands;
using ActorTrainer.Core.Training;
using ActorTrainer.Hosting;
using ActorTrainer.Terminal;

namespace ActorTrainer.Tests.Commands;

/// <summary>The program in this process, its streams as text.</summary>
internal sealed record Invocation(int ExitCode, string Output, string Error)
{
    public static Task<Invocation> Of(params string[] args) => Of((_, _, _) => throw new EngineException("no training here"), args);

    public static async Task<Invocation> Of(RunExperiment train, params string[] args)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var screen = Screen.Redirected(output, error);
        int code = await CommandTree.InvokeAsync(CommandTree.Create(screen, train), args, screen, CancellationToken.None);
        return new(code, output.ToString(), error.ToString());
    }
}
