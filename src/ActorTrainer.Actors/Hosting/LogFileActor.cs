using ActorTrainer.Core.Experiments;
using Akka.Actor;
using Akka.Event;

namespace ActorTrainer.Actors.Hosting;

/// <summary>Akka's logger: one line an event into the run's or the node's file (<c>actortrainer.log-file</c>, <c>log-format</c>), flushed at once; nothing ever goes to stdout.</summary>
public sealed class LogFileActor : UntypedActor
{
    private readonly TextWriter _log;
    private readonly LogFormat _format;
    private readonly RefusedConnections _refused = new();

    public LogFileActor()
    {
        var settings = Context.System.Settings.Config;
        string path = settings.GetString("actortrainer.log-file", "");
        _format = Enum.Parse<LogFormat>(settings.GetString("actortrainer.log-format", nameof(LogFormat.Text)), ignoreCase: true);
        _log = path.Length == 0 ? TextWriter.Null : new StreamWriter(new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite)) { AutoFlush = true };
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case InitializeLogger: Sender.Tell(new LoggerInitialized()); break;
            case LogEvent e: Write(e); break;
        }
    }

    private void Write(LogEvent e)
    {
        if (!_refused.IsKnown(e.LogSource, e.Message?.ToString() ?? "") && LogReading.Of(e) is { } line)
            _log.WriteLine(_format == LogFormat.Json ? line.ToJson() : line.ToText());
    }

    protected override void PostStop() => _log.Dispose();
}
