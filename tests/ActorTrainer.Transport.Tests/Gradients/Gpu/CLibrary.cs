using System.ComponentModel;
using System.Diagnostics;

namespace ActorTrainer.Transport.Tests.Gradients.Gpu;

/// <summary>A shared library made of C by the machine's compiler; the test is skipped, by name, where there is none.</summary>
internal static class CLibrary
{
    public static string Build(TemporaryFolder folder, string name, string source)
    {
        string code = Path.Combine(folder.Path, name + ".c"), library = Path.Combine(folder.Path, name);
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
