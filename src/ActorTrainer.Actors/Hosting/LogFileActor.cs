using Akka.Actor;
using Akka.Event;

namespace ActorTrainer.Actors.Hosting;

/// <summary>Akka's logger: one line an event into the run's log.txt (<c>actortrainer.log-file</c>), flushed at once; nothing ever goes to stdout.</summary>
public sealed class LogFileActor : UntypedActor
{
    private readonly TextWriter _log;
    private readonly RefusedConnections _refused = new();

    public LogFileActor()
    {
        string path = Context.System.Settings.Config.GetString("actortrainer.log-file", "");
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
        if (!_refused.IsKnown(e.LogSource, e.Message?.ToString() ?? "") && LogLine.Of(e) is { } line) _log.WriteLine(line);
    }

    protected override void PostStop() => _log.Dispose();
}
