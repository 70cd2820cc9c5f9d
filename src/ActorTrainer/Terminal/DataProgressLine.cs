using ActorTrainer.Core.Data;

namespace ActorTrainer.Terminal;

/// <summary>One line that counts up while data are looked at, on a terminal only.</summary>
internal sealed class DataProgressLine : IProgress<DataProgress>
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private readonly Lock _lock = new();
    private readonly Screen _screen;
    private long _last = TimeProvider.System.GetTimestamp();

    private DataProgressLine(Screen screen) => _screen = screen;

    /// <summary>Null where nobody watches.</summary>
    public static DataProgressLine? On(Screen screen) => screen.IsLive ? new(screen) : null;

    public void Report(DataProgress value)
    {
        lock (_lock)
        {
            bool done = value.Done >= value.Total;
            if (!done && TimeProvider.System.GetElapsedTime(_last) < Pause) return;
            _last = TimeProvider.System.GetTimestamp();
            string text = done ? "" : $"{value.Doing}: {Format.Count(value.Done)} of {Format.Count(value.Total)}";
            _screen.Error.Profile.Out.Writer.Write("\r\u001b[K" + text);
            _screen.Error.Profile.Out.Writer.Flush();
        }
    }
}
