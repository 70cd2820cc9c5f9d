namespace ActorTrainer.EndToEnd.Tests.Serving;

/// <summary>Code that docs/serving.md shows, so that it is compiled and run: what stands between <c>// from here</c> and <c>// to here</c> in a file beside this one.</summary>
internal static class ShownCode
{
    private const int Indentation = 8;

    /// <param name="usings">Namespaces that it is shown with.</param>
    public static void IsIn(string file, params string[] usings)
    {
        string[] lines = File.ReadAllLines(Repository.Path("tests", "ActorTrainer.EndToEnd.Tests", "Serving", file));
        var shown = lines.SkipWhile(line => line.Trim() != "// from here").Skip(1).TakeWhile(line => line.Trim() != "// to here").Select(line => line.Length > Indentation ? line[Indentation..] : "");
        Assert.Contains(string.Join('\n', ["```csharp", .. usings.Select(name => $"using {name};"), "", .. shown, "```"]), File.ReadAllText(Repository.Path("docs", "serving.md")).ReplaceLineEndings("\n"), StringComparison.Ordinal);
    }
}
