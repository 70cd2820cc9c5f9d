using System.ComponentModel;
using System.Diagnostics;

namespace ActorTrainer.Tests.Shared;

/// <summary>
/// A shared library made of C by the machine's compiler; the test is skipped, by that name, where there is none. Compiled into each test project that needs it.
/// </summary>
internal static class CLibrary
{
    public static string Build(string folder, string name, string source)
    {
        string code = Path.Combine(folder, name + ".c"), library = Path.Combine(folder, name);
        File.WriteAllText(code, source);
        try
        {
            using var compiler = Process.Start(new ProcessStartInfo("cc", ["-shared", "-fPIC", "-o", library, code]) { RedirectStandardError = true })!;
            string errors = compiler.StandardError.ReadToEnd();
            compiler.WaitForExit();
            Assert.True(compiler.ExitCode == 0, errors);
        }
        catch (Win32Exception)
        {
            Skip.If(true, "needs a C compiler (cc)");
        }

        return library;
    }
}
