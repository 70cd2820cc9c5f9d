namespace ActorTrainer.Data.Tests;

/// <summary>The repository that these tests were built from: the shipped data sets are tested as they stand there.</summary>
internal static class Repository
{
    public static string Data { get; } = Path.Combine(Root(), "config", "data");

    private static string Root()
    {
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "ActorTrainer.sln"))) return folder;
        }

        throw new InvalidOperationException("the tests must run from within the repository");
    }
}
