using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using ActorTrainer.Actors.Journal;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Transport.Checkpoints;

namespace ActorTrainer.EndToEnd.Tests.Processes;

/// <summary>The built program as a process of its own, with everything it has said so far.</summary>
internal sealed partial class RunningProgram : IDisposable
{
    /// <summary>Far more than any test needs, on a machine that does much else besides.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(4);
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(10);

    private readonly Process _process;
    private readonly string _command;
    private readonly StringBuilder _output = new(), _error = new();

    private RunningProgram(ProcessStartInfo start)
    {
        _command = string.Join(' ', start.ArgumentList);
        _process = new() { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Keep(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(_error, line.Data);
        _process.Start();
        _process.StandardInput.Close();         // nobody answers questions
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public bool HasEnded => _process.HasExited;

    public string Output => Kept(_output);

    public string Error => Kept(_error);

    /// <param name="folder">The working folder.</param>
    /// <param name="failpoint"><c>name#hit</c>; null: none.</param>
    /// <param name="journal">A database's connection string; null: the runs folder has its own journal.</param>
    /// <param name="checkpoints">Where those of new runs are kept; null: in their folders.</param>
    /// <param name="on">What the command line begins with, such as another host's namespace.</param>
    /// <param name="environment">More variables; null: none.</param>
    public static RunningProgram Start(string folder, IEnumerable<string> arguments, string? failpoint = null, string? journal = null, string? checkpoints = null, string[]? on = null, Dictionary<string, string>? environment = null)
    {
        string program = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "actortrainer.exe" : "actortrainer");
        string[] line = [.. on ?? [], program, .. arguments];
        var start = new ProcessStartInfo(line[0], line[1..])
        {
            WorkingDirectory = folder, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        foreach (string variable in start.Environment.Keys.Where(IsOurs).ToList()) start.Environment.Remove(variable);
        start.Environment["XDG_CACHE_HOME"] = Path.Combine(folder, ".cache");      // nothing of the user's is used, nothing left behind
        foreach (var (name, value) in environment ?? []) start.Environment[name] = value;
        if (failpoint is not null) start.Environment[Failpoint.Variable] = failpoint;
        if (checkpoints is not null) start.Environment[CheckpointStoreLocation.Variable] = checkpoints;
        if (journal is not null) start.Environment[JournalLocation.Variable] = journal;
        return new(start);
    }

    /// <summary>SIGKILL, to this one process.</summary>
    public void Kill() => _process.Kill(entireProcessTree: false);

    public void Signal(PosixSignal signal)
    {
        int number = signal switch { PosixSignal.SIGINT => 2, PosixSignal.SIGTERM => 15, _ => throw new ArgumentOutOfRangeException(nameof(signal)) };
        Send(number);
    }

    private void Send(int number)
    {
        if (SendSignal(Id, number) != 0) throw new InvalidOperationException($"'{_command}' could not be signalled: {Marshal.GetLastPInvokeErrorMessage()}\n{Output}\n{Error}");
    }

    /// <summary>SIGSTOP: it lives and does nothing.</summary>
    public void Freeze() => Send(19);

    /// <summary>SIGCONT.</summary>
    public void Thaw() => Send(18);

    /// <summary>Waits while the process goes on; an end before is a failure, and shows what the process said.</summary>
    public async Task Until(string what, Func<bool> condition)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            if (HasEnded && !condition()) throw new InvalidOperationException($"it ended before {what}: {await Ended()}");
            if (clock.Elapsed > Deadline) throw await Overdue(what, Deadline);
            await Task.Delay(Glance);
        }
    }

    /// <param name="patience">Null: some minutes.</param>
    public async Task<EndedProgram> Ended(TimeSpan? patience = null)
    {
        using var deadline = new CancellationTokenSource(patience ?? Deadline);
        try
        {
            await _process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            throw await Overdue("its end", patience ?? Deadline);
        }

        return new(_command, _process.ExitCode, Output, Error);
    }

    public void Dispose()
    {
        if (!_process.HasExited) Kill();
        _process.Dispose();
    }

    private async Task<TimeoutException> Overdue(string what, TimeSpan patience)
    {
        Kill();
        await _process.WaitForExitAsync();
        return new($"{patience.TotalMinutes} min were not enough for {what}: {new EndedProgram(_command, _process.ExitCode, Output, Error)}");
    }

    private static bool IsOurs(string variable) => variable.StartsWith("ACTORTRAINER_", StringComparison.Ordinal) || variable.StartsWith("OTEL_", StringComparison.Ordinal);

    private static void Keep(StringBuilder text, string? line)
    {
        if (line is null) return;
        lock (text) text.Append(line).Append('\n');
    }

    private static string Kept(StringBuilder text)
    {
        lock (text) return text.ToString();
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int process, int signal);
}
