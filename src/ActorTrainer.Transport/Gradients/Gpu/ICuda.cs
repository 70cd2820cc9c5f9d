namespace ActorTrainer.Transport.Gradients.Gpu;

/// <summary>What of CUDA's driver is used.</summary>
internal interface ICuda
{
    /// <summary>The same wherever this GPU is seen from.</summary>
    Guid IdOf(int device);

    /// <summary>Makes it the thread's device until the result is disposed.</summary>
    IDisposable Use(int device);

    /// <summary>Whether all that was queued on the legacy default stream of the thread's device is done. Throws <see cref="InvalidOperationException"/> where the device has failed.</summary>
    bool IsIdle();
}
