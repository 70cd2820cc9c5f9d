using System.Runtime.InteropServices;
using Spectre.Console;

namespace ActorTrainer.Terminal;

/// <summary>
/// Ctrl-C and SIGTERM ask for a stop with everything saved, however long the saving takes; a second Ctrl-C ends the process at once,
/// which loses no committed step either.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration _interrupt, _terminate;
    private readonly Screen _screen;
    private int _asked;

    public Interruption(Screen screen)
    {
        _screen = screen;
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
    }

    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
        _source.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        if (Interlocked.Increment(ref _asked) > 1 && context.Signal == PosixSignal.SIGINT) return;      // the default ends the process
        context.Cancel = true;
        if (_screen.CanAsk && context.Signal == PosixSignal.SIGINT) _screen.Error.WriteLine("Stopping; Ctrl-C again ends it at once.");
        _source.Cancel();
    }
}
