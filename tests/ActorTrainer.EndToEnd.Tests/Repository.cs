namespace ActorTrainer.EndToEnd.Tests;

/// <summary>The repository that these tests were built from: its examples, data sets and project files are tested as they stand there.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string Path(params string[] parts) => System.IO.Path.Combine([Root, .. parts]);

    private static string FindRoot()
    {
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = System.IO.Path.GetDirectoryName(folder))
        {
            if (File.Exists(System.IO.Path.Combine(folder, "ActorTrainer.sln"))) return folder;
        }

        throw new InvalidOperationException("the tests must run from within the repository");
    }
}
