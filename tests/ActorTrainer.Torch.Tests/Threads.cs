using System.Runtime.CompilerServices;
using TorchSharp;

namespace ActorTrainer.Torch.Tests;

internal static class Threads
{
    /// <summary>Test classes run side by side; libtorch's own threads under each would only wait for one another.</summary>
    [ModuleInitializer]
    internal static void One() => torch.set_num_threads(1);
}
