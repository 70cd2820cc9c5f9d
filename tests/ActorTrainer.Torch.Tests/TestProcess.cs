using System.Runtime.CompilerServices;
using ActorTrainer.Torch.Devices;
using TorchSharp;

namespace ActorTrainer.Torch.Tests;

internal static class TestProcess
{
    [ModuleInitializer]
    public static void Prepare()
    {
        NativeEnvironment.Prepare();
        torch.set_num_threads(1);
    }
}
