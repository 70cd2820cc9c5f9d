using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Hosting;

/// <summary>Where a model answers: on the kind of device that it was trained on, with as many threads, so that the same data give the same numbers.</summary>
internal static class InferenceDevice
{
    /// <param name="notice">Told where that is not possible.</param>
    public static ResolvedDevice For(IEngine engine, ResolvedDevice trained, Action<string> notice)
    {
        try
        {
            return engine.Resolve(new(trained.Kind == DeviceKind.Cuda ? DeviceChoice.Cuda : DeviceChoice.Cpu, 1, 1, trained.Threads));
        }
        catch (EngineException e) when (trained.Kind == DeviceKind.Cuda)
        {
            notice($"{e.Message} The CPU answers instead; last digits may differ.");
            return engine.Resolve(new(DeviceChoice.Cpu, 1, 1, null));
        }
    }
}
