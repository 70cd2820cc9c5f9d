using System.Collections.Immutable;

namespace ActorTrainer.Data.Sources;

/// <summary>Folders side by side that each hold class folders: how people keep training, validation and test pictures together.</summary>
internal static class DataParts
{
    private static readonly string[] Train = ["train", "training"], Others = ["val", "valid", "validation", "test", "testing"];

    /// <summary>The parts, training first; empty unless there is a training folder with class folders in it.</summary>
    public static ImmutableArray<string> Of(IFileTree tree) => Of(tree.Files.Select(file => file.Path).Where(ImageFiles.IsImage));

    /// <param name="pictures">Their paths.</param>
    public static ImmutableArray<string> Of(IEnumerable<string> pictures)
    {
        var withClasses = pictures.Select(path => path.Split('/')).Where(path => path.Length > 2)
            .Select(path => path[0]).Distinct().Order(StringComparer.Ordinal).ToList();
        string? train = Named(Train).FirstOrDefault();
        return train is null ? [] : [train, .. Named(Others)];

        IEnumerable<string> Named(string[] names) => names.SelectMany(name => withClasses.Where(folder => folder.Equals(name, StringComparison.OrdinalIgnoreCase)));
    }
}
