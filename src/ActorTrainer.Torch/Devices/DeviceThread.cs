namespace ActorTrainer.Torch.Devices;

/// <summary>
/// The one thread that may touch a session. TorchSharp's dispose scopes are thread-static and autograd modes thread-local,
/// so a call from elsewhere would leak or train wrongly instead of failing.
/// </summary>
internal sealed class DeviceThread
{
    private readonly int _owner = Environment.CurrentManagedThreadId;

    public void Verify()
    {
        if (Environment.CurrentManagedThreadId != _owner)
            throw new InvalidOperationException($"The session belongs to thread {_owner} and was called on thread {Environment.CurrentManagedThreadId}.");
    }
}
