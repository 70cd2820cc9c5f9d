using System.Runtime.CompilerServices;
using ActorTrainer.Torch.Devices;
using TorchSharp;

namespace ActorTrainer.Torch.Tests;

internal static class TestProcess
{
    /// <summary>Test classes run side by side; libtorch's own threads under each would only wait for one another.</summary>
    [ModuleInitializer]
    public static void Prepare()
    {
        NativeEnvironment.Prepare();
        torch.set_num_threads(1);
    }
}
