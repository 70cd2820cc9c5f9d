using System.Text;

namespace ActorTrainer.Core.Experiments;

/// <summary>Everything outside the text itself that reading a configuration may touch: included files, the environment, the working folder.</summary>
public abstract class ConfigurationSources
{
    /// <summary>The files and environment of this process.</summary>
    public static ConfigurationSources System { get; } = new SystemSources();

    /// <summary>No includes, no environment: how a server parses what a client sent.</summary>
    public static ConfigurationSources Isolated { get; } = new IsolatedSources();

    /// <summary>Whether <c>include</c> and the environment exist at all here.</summary>
    public virtual bool IsIsolated => false;

    /// <summary>What relative paths of overrides and of environment variables start from.</summary>
    public virtual string WorkingFolder => Path.GetFullPath(".");

    /// <summary>A variable's value; null: not set.</summary>
    public abstract string? Environment(string name);

    /// <summary>A file's text, null where there is none. Throws <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>.</summary>
    /// <param name="mostBytes">Longer files throw <see cref="IOException"/> without being read.</param>
    public abstract string? ReadFile(string path, int mostBytes);

    private sealed class SystemSources : ConfigurationSources
    {
        private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

        public override string? Environment(string name) => global::System.Environment.GetEnvironmentVariable(name);

        public override string? ReadFile(string path, int mostBytes)
        {
            if (Directory.Exists(path)) throw new IOException("it is a folder, not a file");
            var file = new FileInfo(path);
            if (!file.Exists) return null;
            file = file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
            if (file.Length == 0) return "";        // nothing to read; and a pipe or device, which has no length, is never opened
            if (file.Length > mostBytes) throw new IOException($"it has {file.Length} bytes; at most {mostBytes} are read");
            try
            {
                string text = Strict.GetString(File.ReadAllBytes(file.FullName));
                return text.StartsWith('\uFEFF') ? text[1..] : text;
            }
            catch (DecoderFallbackException)
            {
                throw new IOException("it is not UTF-8 text");
            }
        }
    }

    private sealed class IsolatedSources : ConfigurationSources
    {
        public override bool IsIsolated => true;
        public override string? Environment(string name) => null;
        public override string? ReadFile(string path, int mostBytes) => null;
    }
}
