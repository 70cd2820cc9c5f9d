using ActorTrainer.Commands;
using ActorTrainer.Data;
using ActorTrainer.Hosting;
using ActorTrainer.Terminal;
using ActorTrainer.Torch;
using ActorTrainer.Torch.Devices;

// Native libraries read their environment when they are loaded, and anything may load them.
NativeEnvironment.Prepare();
var screen = Screen.System();
using var interruption = new Interruption(screen);
var services = new Services(
    LocalRun.Default,
    () => DataReader.OfUser(TimeProvider.System),
    () => new TorchEngine(),
    ModelFile.Export);
return await CommandTree.InvokeAsync(CommandTree.Create(screen, services), args, screen, interruption.Token);
