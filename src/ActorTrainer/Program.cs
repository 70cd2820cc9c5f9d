using ActorTrainer.Commands;
using ActorTrainer.Core.Training;
using ActorTrainer.Terminal;

var screen = Screen.System();
using var interruption = new Interruption(screen);
var root = CommandTree.Create(screen, (_, _, _) => throw new EngineException("This build can't train yet."));
return await CommandTree.InvokeAsync(root, args, screen, interruption.Token);
