using System.Collections.Immutable;

namespace ActorTrainer.Core.Data;

/// <summary>What has to hold before data are trained or evaluated on. Each check throws <see cref="DataException"/> with what to do.</summary>
public static class DataChecks
{
    private const int Named = 5;

    /// <summary>At least two classes with samples, and no unreadable file unless they are to be skipped.</summary>
    public static void RequireTrainable(IDataSet data, CorruptFilePolicy onCorruptFile)
    {
        var manifest = data.Manifest;
        if (manifest.Classes.Length < 2)
        {
            throw new DataException($"{data.Location} has only one class ({string.Join(", ", manifest.Classes)}); telling classes apart needs at least two. " +
                "Add a folder for the other class, or widen data.classes.");
        }

        if (onCorruptFile == CorruptFilePolicy.Fail) RequireReadable(data);
        if (data.Problems.Length == manifest.Samples.Length) throw new DataException($"{data.Location}: not one of its {manifest.Samples.Length} files can be read.");
    }

    /// <summary>No file is known to be unreadable.</summary>
    public static void RequireReadable(IDataSet data)
    {
        if (data.Problems.IsEmpty) return;
        var lines = data.Problems.Take(Named).Select(problem => $"  {problem.Path}: {problem.Reason}");
        string more = data.Problems.Length > Named ? $"\n  and {data.Problems.Length - Named} more" : "";
        throw new DataException($"{data.Location}: {data.Problems.Length} of {data.Manifest.Samples.Length} files can't be read:\n{string.Join('\n', lines)}{more}\n" +
            "Replace or remove them, or set data.on-corrupt-file = skip.");
    }

    /// <summary>Every class of <paramref name="data"/> is one that training knows. Returns the training classes it lacks, for a warning.</summary>
    public static ImmutableArray<string> RequireKnownClasses(IDataSet data, ImmutableArray<string> trainingClasses)
    {
        string[] unknown = [.. data.Manifest.Classes.Except(trainingClasses)];
        if (unknown.Length > 0)
        {
            throw new DataException($"{data.Location} has {(unknown.Length == 1 ? "a class" : "classes")} that training does not know: {string.Join(", ", unknown)}. " +
                $"Training has {string.Join(", ", trainingClasses)}.");
        }

        return [.. trainingClasses.Except(data.Manifest.Classes)];
    }
}
