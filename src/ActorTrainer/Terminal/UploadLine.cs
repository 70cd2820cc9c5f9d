using ActorTrainer.Client;

namespace ActorTrainer.Terminal;

/// <summary>A bar that fills as a data set is sent, on a terminal only. When all is sent, the service looks at every picture: that takes a while too.</summary>
internal sealed class UploadLine : IProgress<UploadProgress>
{
    private const int Width = 30;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly Screen _screen;
    private readonly TimeProvider _time;
    private readonly long _began;
    private long? _last;

    private UploadLine(Screen screen, TimeProvider time) => (_screen, _time, _began) = (screen, time, time.GetTimestamp());

    /// <summary>Null where nobody watches.</summary>
    public static UploadLine? On(Screen screen, TimeProvider time) => screen.IsLive ? new(screen, time) : null;

    public void Report(UploadProgress value)
    {
        bool done = value.Sent >= value.Total;
        if (!done && _last is { } last && _time.GetElapsedTime(last) < Pause) return;
        _last = _time.GetTimestamp();
        Write(Text(value, _time.GetElapsedTime(_began)));
    }

    public void Clear() => Write("");

    /// <summary><c>[#####-----]  42 %  12 MB of 29 MB, 8.1 MB/s</c></summary>
    internal static string Text(UploadProgress value, TimeSpan since)
    {
        if (value.Sent >= value.Total) return $"{Format.Bytes(value.Sent)} sent; the service looks at the pictures";
        string rate = since > TimeSpan.Zero ? $", {Format.Bytes((long)(value.Sent / since.TotalSeconds))}/s" : "";
        if (value.Total is not > 0) return $"{Format.Bytes(value.Sent)} sent{rate}";
        double share = (double)value.Sent / value.Total.Value;
        int full = (int)(share * Width);
        return $"[{new string('#', full)}{new string('-', Width - full)}] {Format.Percent(share),5}  {Format.Bytes(value.Sent)} of {Format.Bytes(value.Total.Value)}{rate}";
    }

    private void Write(string text)
    {
        _screen.Error.Profile.Out.Writer.Write("\r\u001b[K" + text);
        _screen.Error.Profile.Out.Writer.Flush();
    }
}
