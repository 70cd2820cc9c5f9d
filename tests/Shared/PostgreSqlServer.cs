using System.Diagnostics;
using System.Runtime.InteropServices;
using ActorTrainer.Actors.Journal;
using Npgsql;

namespace ActorTrainer.Tests.Shared;

/// <summary>
/// A PostgreSQL server of a test's own: its data in a temporary folder, no TCP port, only a Unix socket in that folder. Where its programs are not
/// installed, the test that asks for one is skipped by that name. Compiled into each test project that needs it.
/// </summary>
internal sealed partial class PostgreSqlServer : IDisposable
{
    private const int Interrupt = 2;      // the signal of a fast shutdown
    private const string User = "actortrainer";
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60), Glance = TimeSpan.FromMilliseconds(20);
    private static readonly string? Programs = FindPrograms();

    private readonly string _data = Path.Combine(Path.GetTempPath(), $"actortrainer-pg-{Guid.NewGuid():N}"[..27]);
    private Process? _server;

    private PostgreSqlServer()
    {
        using var initdb = Run("initdb", ["-D", _data, "-U", User, "--auth=trust", "--no-sync", "--no-locale", "-E", "UTF8"]);
        initdb.WaitForExit();
        if (initdb.ExitCode != 0) throw new InvalidOperationException($"initdb ended with {initdb.ExitCode}.");
        Start();
    }

    /// <summary>One that runs; skips the test where there is nothing to start.</summary>
    public static PostgreSqlServer StartNew()
    {
        Skip.If(Programs is null, "PostgreSQL's programs (initdb, postgres) are not installed.");
        return new();
    }

    /// <summary>Each with the server's one role as owner, without a password, over the socket.</summary>
    public string NewDatabase(string name = "runs")
    {
        Execute("postgres", $"CREATE DATABASE {name}");
        return ConnectionString(name);
    }

    public JournalLocation NewJournal(string name = "runs") => JournalLocation.Parse(NewDatabase(name));

    public void Execute(string database, string sql)
    {
        using var connection = new NpgsqlConnection(ConnectionString(database));
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    public void Start()
    {
        _server = Run("postgres", ["-D", _data, "-k", _data, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "shared_buffers=8MB", "-c", "max_connections=40"]);
        var clock = Stopwatch.StartNew();
        while (!Answers())
        {
            if (_server.WaitForExit(Glance) || clock.Elapsed > Deadline) throw new InvalidOperationException($"PostgreSQL did not start in {_data}.");
        }
    }

    /// <summary>As an administrator would: connections are broken off, what was committed is kept.</summary>
    public void Stop()
    {
        if (_server is null) return;
        if (!_server.HasExited && SendSignal(_server.Id, Interrupt) != 0) throw new InvalidOperationException($"PostgreSQL could not be stopped: {Marshal.GetLastPInvokeErrorMessage()}");
        _server.WaitForExit();
        _server.Dispose();
        _server = null;
    }

    public void Dispose()
    {
        NpgsqlConnection.ClearAllPools();
        Stop();
        if (Directory.Exists(_data)) Directory.Delete(_data, recursive: true);
    }

    private string ConnectionString(string database) => $"Host={_data};Username={User};Database={database}";

    private bool Answers()
    {
        try
        {
            using var connection = new NpgsqlConnection(ConnectionString("postgres") + ";Pooling=false");
            connection.Open();
            return true;
        }
        catch (Exception e) when (e is NpgsqlException or IOException)
        {
            return false;
        }
    }

    /// <summary>PostgreSQL refuses to run as root: then as nobody, who has nothing else.</summary>
    private static Process Run(string program, IEnumerable<string> arguments)
    {
        string path = Path.Combine(Programs!, program);
        string[] command = Environment.IsPrivilegedProcess ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", path] : [path];
        var start = new ProcessStartInfo(command[0], [.. command[1..], .. arguments])
        {
            WorkingDirectory = Path.GetTempPath(), RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        var process = Process.Start(start)!;
        process.StandardInput.Close();
        process.BeginOutputReadLine();      // read, so that it never waits for a reader
        process.BeginErrorReadLine();
        return process;
    }

    /// <summary>Debian keeps them out of the path.</summary>
    private static string? FindPrograms()
    {
        if (OperatingSystem.IsWindows()) return null;
        const string debian = "/usr/lib/postgresql";
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).ToList();
        if (Directory.Exists(debian)) folders.AddRange(Directory.EnumerateDirectories(debian).OrderDescending(StringComparer.Ordinal).Select(version => Path.Combine(version, "bin")));
        return folders.FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "postgres")));
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int process, int signal);
}
